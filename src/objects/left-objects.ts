// Objects that are files, beside a zaplog that keeps its objects in a bucket: it reads none of them.
import { dirname, join } from 'node:path'
import { absentAsNull } from './read-object-file.ts'
import { walkFiles } from './walk-files.ts'

/** `directory`: as of a store of files. Changes nothing. Rejects ObjectError where it cannot be read. */
export async function hasObjects(directory: string, signal: AbortSignal): Promise<boolean> {
  const all = { path: join(directory, 'objects'), keyPrefix: '', prefix: '', absentAsNull: absentAsNull(dirname(directory)) }
  for await (const one of walkFiles(all, signal)) return one.key !== ''
  return false
}
