import { createHash } from 'node:crypto';

/** SHA-256 of the bytes, hexadecimal. */
export const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
