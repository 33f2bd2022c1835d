// Copies an object's file. A source that is described as the copy is to be is given a second name instead: files of objects never change,
// they are only replaced, so two names of one file are two objects, and removing one leaves the other.
import { constants } from 'node:fs'
import { copyFile, link, open } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { codeOf, onDisk } from './disk-errors.ts'
import type { ObjectHead } from './objects.ts'
import { cutHead, headOf } from './read-object-file.ts'
import { withUnfinishedFile } from './unfinished-files.ts'
import { finish, intoPlace } from './write-object-file.ts'

type Described = Pick<ObjectHead, 'contentType' | 'metadata'>
export type Copying = { unfinished: string; from: string; path: string; key: string; described: Described }
type AbsentAsNull = <T>(doing: string, step: () => Promise<T>) => Promise<T | null>

/** null: there is nothing at `from`. Rejects ObjectError. */
export async function copyObject(absentAsNull: AbsentAsNull, copying: Copying): Promise<ObjectHead | null> {
  const linked = await linkObject(absentAsNull, copying)
  return linked === 'other' ? await copyBytes(absentAsNull, copying) : linked
}

/** What file systems say that have no second names, or none for this file. */
const unlinkable: ReadonlySet<string> = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'])

/** 'other': only a copy of the bytes can be described so. */
function linkObject(absentAsNull: AbsentAsNull, copying: Copying): Promise<ObjectHead | null | 'other'> {
  const { unfinished, from, path, key, described } = copying
  return withUnfinishedFile(unfinished, async temporary => {
    const made = await absentAsNull(`copying ${from}`, () => linkIfPossible(from, temporary))
    if (made !== 'linked') return made
    // Asked of the new name: under the old one may be another file by now.
    const handle = await onDisk(`opening ${temporary}`, () => open(temporary, 'r'))
    const head = await headOf(handle, { key, path: from })
    await onDisk(`closing ${temporary}`, () => handle.close())
    const { contentType, metadata } = head
    if (!isDeepStrictEqual({ contentType, metadata }, described)) return 'other'
    await intoPlace(key, { temporary, path })
    return head
  })
}

async function linkIfPossible(from: string, to: string): Promise<'linked' | 'other'> {
  try {
    await link(from, to)
    return 'linked'
  } catch (error) {
    if (unlinkable.has(codeOf(error))) return 'other'
    throw error
  }
}

function copyBytes(absentAsNull: AbsentAsNull, copying: Copying): Promise<ObjectHead | null> {
  const { unfinished, from, path, key } = copying
  return withUnfinishedFile(unfinished, async temporary => {
    const copied = await absentAsNull(`copying ${from}`, async () => {
      // Shares the blocks where the file system can; elsewhere the kernel copies. Never onto a file that has another name, too.
      await copyFile(from, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      return 'copied'
    })
    if (copied === null) return null
    const head = await describeAnew(temporary, copying)
    await intoPlace(key, { temporary, path })
    return head
  })
}

async function describeAnew(temporary: string, { key, described }: Copying): Promise<ObjectHead> {
  const file = await onDisk(`opening ${temporary}`, () => open(temporary, 'a+'))
  try {
    const { etag } = await onDisk(`reading ${temporary}`, () => cutHead(temporary, file))
    return await finish(file, key, { ...described, etag })
  } finally {
    await onDisk(`closing ${temporary}`, () => file.close())
  }
}
