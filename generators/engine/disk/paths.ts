// As `lock.ts`, `stored.ts` and `journal.ts` name what they write; case is ignored, since some file systems do.
const state = /^\.(yo-rc\.json|ds-devops\.lock\.json|ds-devops\.run.*)$/i;

/**
 * Why nothing may be emitted at a `/`-separated path, or undefined where something may: it has to be relative and normal,
 * without `..`, a backslash (a separator on Windows) or a control character, outside of any `.git` and of our own state.
 */
export function whyNot(path: string): string | undefined {
  const segments = path.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has a control character in it';
  if (path.includes('\\')) return 'has a backslash in it: folders are separated by /';
  if (/^([a-zA-Z]:|\/)/.test(path) || segments.includes('..')) return 'leads out of the repository';
  if (segments.some((segment) => segment === '' || segment === '.')) return 'is no plain path';
  if (segments.some((segment) => /^\.git[. ]*$/i.test(segment))) return "is git's own";
  if (state.test(segments[0] as string)) return "is ds-devops's own state";
  return undefined;
}

/** Whether a path of the state that a run reads stays inside the repository and out of git's own folder. */
export const isInside = (path: string): boolean => {
  const why = whyNot(path);
  return why === undefined || state.test(path);
};
