// What a file is called that nobody named: as its URL says, or by its type. Pure.
import type { UploadSource } from '../../instances/uploads.ts'
import { plainFileName } from '../../runtime/plain-file-name.ts'

const MAX_NAME_CHARACTERS = 255

/** `extension`: of what its bytes are, without a dot. */
export const nameFile = (source: UploadSource, extension: string): string =>
  (source.from === 'url' && nameIn(new URL(source.url))) || `file.${extension}`

/** The last part of its path; what is encoded may be a control character, or a path of its own. Empty: it says none. */
function nameIn({ pathname }: URL): string {
  const name = plainFileName(decoded(pathname.split('/').at(-1) ?? ''))
  return [...name].slice(0, MAX_NAME_CHARACTERS).join('')
}

/** What is not encoded as URLs are is taken as it is written. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
