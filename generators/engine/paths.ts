/**
 * Whether a `/`-separated path stays inside the repository and out of git's own folder: relative, normal, no `..`, no
 * backslash (a separator on Windows).
 */
export function isInside(path: string): boolean {
  const segments = path.split('/');
  return (
    !path.includes('\\') &&
    !/^[a-zA-Z]:/.test(path) &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..') &&
    segments[0]?.toLowerCase() !== '.git'
  );
}
