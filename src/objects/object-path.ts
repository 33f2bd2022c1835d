// Keys to files: no key leaves the directory and no two keys share a file, also where the file system ignores case or normalises Unicode.
import { join } from 'node:path'
import { checkKey } from './object-key.ts'
import { ObjectError } from './objects.ts'

/** Marks files, so that the keys `a` and `a/b` can both exist; encoded segments never hold it. */
const FILE_MARK = '@'
/** Common file systems take 255 bytes a name. */
const MAX_NAME_BYTES = 250

/** Throws ObjectError `refused` for what is no key, or has a segment too long for a file name. */
export function pathOf(directory: string, key: string): string {
  checkKey(key)
  return `${join(directory, ...key.split('/').map(encodeSegment))}${FILE_MARK}`
}

/** The directory that holds every key beginning with the whole segments of this prefix. */
export function directoryOf(directory: string, prefix: string): { path: string; keyPrefix: string } {
  const keyPrefix = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (keyPrefix === '') return { path: directory, keyPrefix }
  checkKey(keyPrefix.slice(0, -1))
  return { path: join(directory, ...keyPrefix.slice(0, -1).split('/').map(encodeSegment)), keyPrefix }
}

/** What a directory's entry stands for. */
export function segmentOf(name: string): { segment: string; isFile: boolean } {
  const isFile = name.endsWith(FILE_MARK)
  return { segment: decodeURIComponent(isFile ? name.slice(0, -FILE_MARK.length) : name), isFile }
}

function encodeSegment(segment: string): string {
  const encoded = [...Buffer.from(segment)].map(encodeByte).join('')
  if (encoded.length <= MAX_NAME_BYTES) return encoded
  throw new ObjectError(
    'refused',
    `naming a file for the segment ${segment}: expected at most ${MAX_NAME_BYTES} bytes encoded, got ${encoded.length}`,
  )
}

/** Upper-case letters are escaped too: on a file system that ignores case they would meet their lower-case twins. */
const encodeByte = (byte: number): string =>
  /[a-z0-9._=-]/.test(String.fromCharCode(byte)) && byte < 0x80
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).padStart(2, '0')}`
