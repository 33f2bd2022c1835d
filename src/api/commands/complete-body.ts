// What is asked for is judged before it is taken, as far as the read model knows: who sends it later refuses nothing that a client could have been
// told at once, and needs to ask nobody.
import type { Transaction } from '../../database/database.ts'
import { isAboutMessage } from '../../events/command-bodies/about-messages.ts'
import { isGroupAddress, isStatusAddress } from '../../events/command-bodies/addresses.ts'
import { isFile } from '../../events/command-bodies/files.ts'
import type { Known } from '../../events/command-bodies/known.ts'
import type { KeptBody, MessageBody } from '../../events/command-bodies.ts'
import { assertNever } from '../../events/event.ts'
import { getRecipient, type MessageAnswer, type Recipient } from '../../projections/read-model/queries.ts'
import { type Bring, type BringDeps, bringFor } from './bring-upload.ts'
import { type Changeable, checkDelete, checkEdit } from './check-change.ts'
import { findAudience } from './find-audience.ts'
import { findFile } from './find-file.ts'
import { findForwarded } from './find-forwarded.ts'
import { everybodyIn } from './find-group.ts'
import { findNamed, findQuoted, refuseField } from './find-message.ts'
import { quotedText } from './quoted-text.ts'

export type CompleteDeps = BringDeps & { clock: () => number }

/** `notAfter`: epoch ms, until when it can be done; null: whenever. */
export type Completed = { body: KeptBody; notAfter: number | null }

/** Throws Problem (422) where it cannot be done. `chatId` becomes the address that events carry. `recipient`: that chat [it is asked for]. */
export async function completeBody(
  deps: CompleteDeps,
  { instanceId, commandId, signal }: Whose,
  asked: MessageBody,
  recipient?: Recipient,
): Promise<Completed> {
  const { database, clock } = deps
  const chat = recipient ?? (await getRecipient(database, { instanceId, chatId: asked.chatId }))
  const body = { ...asked, chatId: chat.chatId }
  const now = clock()
  const of = { database, instanceId, now, bring: bringFor(deps, { instanceId, commandId, now, signal }) }
  const { notAfter = null, ...known } = await knownOf(of, body)
  const first = isWritten(body) && isOfTwo(body.chatId) && !chat.isAcquainted ? { isFirst: true as const } : {}
  const seen = isStatusAddress(body.chatId) ? { audience: await findAudience(of, body, known) } : {}
  const all = { ...known, ...first, ...seen }
  const named = await withFiles(of, body)
  return { body: Object.keys(all).length === 0 ? named : { ...named, known: all }, notAfter }
}

const isOfTwo = (chatId: string): boolean => !isGroupAddress(chatId) && !isStatusAddress(chatId)

/** Each of them an upload of the instance. */
async function withFiles(of: Of, body: MessageBody): Promise<MessageBody> {
  if (isFile(body)) return { ...body, media: await findFile(of, body, 'media') }
  if (body.kind !== 'album') return body
  const items = []
  for (const [at, item] of body.items.entries()) items.push({ ...item, media: await findFile(of, item, `items/${at}/media`) })
  return { ...body, items }
}

/** Of the command that it becomes. */
type Whose = { instanceId: string; commandId: string; signal: AbortSignal }

/** `now`: epoch ms. */
export type Of = { database: Transaction; instanceId: string; now: number; bring: Bring }

/** What people read; what is done to a message goes with that. */
const isWritten = (body: MessageBody): boolean => !isAboutMessage(body)

async function knownOf(of: Of, body: MessageBody): Promise<Known & { notAfter?: number }> {
  switch (body.kind) {
    case 'reaction':
      return targetOf(othersIfStatus(body, await findTarget(of, body)))
    case 'pin':
      return targetOf(await findTarget(of, body))
    case 'edit':
      return changeOf(checkEdit(of, await findTarget(of, body)))
    case 'delete':
      return changeOf(await checkDelete(of, await findTarget(of, body)))
    case 'album':
      return { ...(await quotedOf(of, body)), ...(await mentionedIn(of, body)) }
    case 'forward':
      return { forwarded: await findForwarded(of, body) }
    case 'text':
    case 'image':
    case 'video':
    case 'gif':
    case 'document':
      return {
        ...(await quotedOf(of, body)),
        ...(body.mentionAll === true && (await everybodyIn(of, body.chatId, 'mentionAll'))),
      }
    case 'location':
    case 'contacts':
    case 'poll':
    case 'event':
    case 'list':
    case 'buttons':
    case 'ptv':
    case 'audio':
    case 'voice':
    case 'sticker':
      return quotedOf(of, body)
    default:
      return assertNever(body)
  }
}

/** Asked for once, however many of its captions mention all. */
async function mentionedIn(of: Of, { chatId, items }: Extract<MessageBody, { kind: 'album' }>): Promise<Known> {
  const first = items.findIndex(({ mentionAll }) => mentionAll === true)
  return first === -1 ? {} : everybodyIn(of, chatId, `items/${first}/mentionAll`)
}

const findTarget = (of: Of, { chatId, targetMessageId }: { chatId: string; targetMessageId: string }) =>
  findNamed(of, { field: 'targetMessageId', messageId: targetMessageId, chatId })

/** Throws Problem. */
function othersIfStatus({ chatId }: { chatId: string }, target: MessageAnswer): MessageAnswer {
  if (!isStatusAddress(chatId) || !target.fromMe) return target
  throw refuseField('targetMessageId', 'a status of somebody else', 'one of the account')
}

const targetOf = ({ fromMe, senderId }: MessageAnswer): Known => ({ target: { fromMe, senderId } })
const changeOf = ({ target, notAfter }: Changeable) => ({ ...targetOf(target), notAfter })

async function quotedOf(of: Of, { chatId, quotedMessageId }: { chatId: string; quotedMessageId?: string }): Promise<Known> {
  if (quotedMessageId === undefined) return {}
  const { fromMe, senderId, ...quoted } = await findQuoted(of, { field: 'quotedMessageId', messageId: quotedMessageId, chatId })
  const where = isStatusAddress(quoted.chatId ?? '') ? { isStatus: true as const } : {}
  return { quoted: { fromMe, senderId, text: quotedText({ fromMe, senderId, ...quoted }), ...where } }
}
