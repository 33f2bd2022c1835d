// A file that zaplog brings by itself for a message is an upload as any other, and told as one: one for each command and what it asks for, however
// often that is asked for. Who sends it waits until role processors have it.
import type { Database } from '../../database/database.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { uploadRequested } from '../../instances/upload-events.ts'
import { refuseType } from '../../instances/upload-kinds.ts'
import { askUpload, type NewUpload, type UploadSource } from '../../instances/uploads.ts'
import { mediaUrlAllowances, refuseHost } from '../../runtime/address-guard.ts'
import type { Config } from '../../runtime/config.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { instanceNotFound } from '../problems.ts'
import { refuseField } from './find-message.ts'
import { digestOf, makeUpload, type NewUploadDeps } from './new-upload.ts'

export type BringDeps = NewUploadDeps & {
  database: Database
  sealer: Pick<Sealer, 'seal'>
  outbox: Pick<Outbox, 'owe' | 'append'>
  uploads: Pick<Config['uploads'], 'expireAfterMs' | 'ffmpegPath' | 'allowCidrs'>
}
/** `now`: epoch ms. */
type Whose = { instanceId: string; commandId: string; now: number; signal: AbortSignal }
/** `field`: of the body, for a refusal; of a URL, what has it and its type. */
type Wanted = {
  field: string
  kind: FileKind
  source: Exclude<UploadSource, { from: 'upload' }>
  mimetype: string | null
  fileName: string | null
}
/** Answers the id of its upload. Throws Problem `invalid-input`, or `instance-not-found` where the instance is purged. */
export type Bring = (wanted: Wanted) => Promise<string>

export const bringFor =
  (deps: BringDeps, of: Whose): Bring =>
  async ({ field, ...wanted }) => {
    const { kind, mimetype, source } = wanted
    if (source.from === 'url') refuseUrl(deps, source.url, `${field}/url`)
    const expected = mimetype === null ? null : refuseType(kind, mimetype, deps.uploads.ffmpegPath !== null)
    if (expected !== null) throw refuseField(source.from === 'url' ? `${field}/mimetype` : field, expected, mimetype ?? '')
    const upload = newUpload(deps, of, wanted)
    const outboxId = await deps.database.transact(async tx => {
      const asked = await askUpload({ database: tx, sealer: deps.sealer }, upload)
      if (asked === null) throw instanceNotFound(of.instanceId)
      return asked.isNew ? await deps.outbox.owe(tx, uploadRequested('upload.requested', upload)) : null
    }, of.signal)
    if (outboxId !== null) await deps.outbox.append(outboxId)
    return upload.uploadId
  }

/** Only the address decides here; what its name resolves to is checked when it is fetched. Its credentials would go to wherever it leads. */
function refuseUrl({ uploads }: BringDeps, text: string, field: string): void {
  const { protocol, username, password, hostname } = new URL(text)
  const refuse = (expected: string) => refuseField(field, expected, `one of ${hostname}`)
  if (username !== '' || password !== '') throw refuse('a URL without user name and password')
  const refusal = refuseHost({ hostname, isInClear: protocol === 'http:' }, mediaUrlAllowances(uploads))
  if (refusal !== null) throw refuse(`a URL of a public address, not ${refusal} (MEDIA_URL_ALLOW_CIDRS opens addresses)`)
}

/** Two that ask with one key for two files have two: which of them is sent, the command's row decides. */
function newUpload(deps: BringDeps, { instanceId, commandId, now }: Whose, wanted: Omit<Wanted, 'field'>): NewUpload {
  const digest = digestOf(wanted)
  const key = `command-${commandId}-${digest}`
  return makeUpload(deps, { ...wanted, key, instanceId, digest, chatId: null, caption: null, sizeBytes: null, askedAt: now })
}
