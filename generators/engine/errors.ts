/**
 * A mistake of the user's, not of the program's: its message is one line that names the value, what is allowed and what
 * to do next. It is shown without a stack trace and ends the run with exit code 1, nothing written.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** Control characters and ends of lines (U+2028, U+2029 too) as JSON writes them: a file's name must neither break the line nor speak to the terminal. */
const printable = (message: string) =>
  message.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
