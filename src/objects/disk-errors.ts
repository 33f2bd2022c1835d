// The file system's errors in the port's words, translated once, by one table.
import { describeError } from '../runtime/logger.ts'
import { ObjectError, type ObjectErrorCode } from './objects.ts'

const codes: Readonly<Record<string, ObjectErrorCode>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'misconfigured',
  ENOENT: 'misconfigured', // a missing object is null before it comes here; what is left is a missing directory
  ENOTDIR: 'misconfigured',
  EISDIR: 'misconfigured',
  ELOOP: 'misconfigured',
  EXDEV: 'misconfigured',
  ENAMETOOLONG: 'refused',
  EFBIG: 'refused',
  EMFILE: 'throttled',
  ENFILE: 'throttled',
  EAGAIN: 'throttled',
  EBUSY: 'throttled',
  ENOSPC: 'unreachable', // no object's fault: it works again when there is room
  EDQUOT: 'unreachable',
  EIO: 'unreachable',
  ESTALE: 'unreachable',
  ENXIO: 'unreachable',
  ENODEV: 'unreachable',
}

/** Runs one step on the disk; what it throws comes out as ObjectError saying what was being done. */
export async function onDisk<T>(doing: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    throw translateDiskError(doing, cause)
  }
}

export function translateDiskError(doing: string, cause: unknown): ObjectError {
  if (cause instanceof ObjectError) return cause
  return new ObjectError(codes[codeOf(cause)] ?? 'unreachable', `${doing}: ${describeError(cause)}`, { cause })
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
