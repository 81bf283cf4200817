# Sourced by the scripts here: where the real parts live and which they are. Exit code 77 is "this machine cannot", with
# the reason as the last line on stderr.
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(realpath --canonicalize-missing "${REAL_PARTS:-$here/../../node_modules/.cache/ds-devops/real}")
kubernetes_version=1.35.4
programs=$root/kubernetes-$kubernetes_version
rollouts_version=1.9.0
rollouts=$root/rollouts-$rollouts_version
operator_version=0.85.0
metrics_version=0.7.2
metrics=$root/metrics-$metrics_version
state=$root/cluster # of the cluster, for what joins it
mkdir -p "$root"
export DEBIAN_FRONTEND=noninteractive

lacks() {
  echo "$1" >&2
  exit 77
}

# Debian's packages by these names, installed by root where they are missing.
packages() {
  if dpkg --status "$@" >/dev/null 2>&1; then return; fi
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || lacks "there is no way to install $*: that needs root and apt-get"
  # Two proofs may be at it at the same time.
  flock "$root/packages.lock" sh -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"' sh "$@" >/dev/null 2>&1 ||
    lacks "apt-get could not install $*"
}

# The folder of a Go module's sources, downloaded where they are missing.
module() {
  (cd / && go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

# All of the cluster's namespaces are entered: what is started there ends with the cluster.
inside() {
  local name=$1
  shift
  setsid nsenter --net --mount --pid --target "$(pgrep --parent "$(cat "$state/pid")")" -- "$@" \
    >"$state/$name.log" 2>&1 </dev/null &
}
