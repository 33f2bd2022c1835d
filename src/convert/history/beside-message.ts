// What a history says of a message beside what is written in it: how far it got, with whom, and what people made of it. Pure.
import { proto } from '@whiskeysockets/baileys'
import type { HistoryAnswer, HistoryReaction, HistoryReceipt, HistoryVote, MessageHistory } from '../../events/event.ts'
import { isOwn } from '../jid.ts'
import { intOf } from '../kinds/body.ts'
import { answerOf } from '../kinds/event.ts'
import { chosenOf, namesByHash } from '../sealed/chosen-options.ts'
import { withinBounds } from '../sealed/message-secret.ts'
import { isBetweenTwo, type Stanza } from '../stanza-identity.ts'
import type { HistoryContext } from './history-context.ts'
import { ownAddress } from './past-stanza.ts'
import { maxPeople } from './people.ts'
import { msAt, secondsAt } from './said-at.ts'

type Of = { stanza: Stanza; poll: MessageHistory['poll'] }
type Beside = Pick<
  MessageHistory,
  'status' | 'starred' | 'pinned' | 'pinnedUntil' | 'reactions' | 'votes' | 'answers' | 'receipts'
>

export function besideMessage(info: proto.IWebMessageInfo, { stanza, poll }: Of, context: HistoryContext): Beside {
  const who: Who = key => personOf(key, stanza, context)
  const set = lastOfEach(reactionsIn(info, who, context.toldAt))?.filter(({ emoji }) => emoji !== '')
  return {
    status: stanza.fromMe && info.status != null ? (statuses[info.status] ?? null) : null,
    starred: info.starred || null,
    ...pinIn(info.pinInChat, context.toldAt),
    reactions: set?.length ? set : null,
    votes: lastOfEach(votesIn(info, { who, toldAt: context.toldAt, names: namesByHash(withinBounds(poll?.options ?? [])) })),
    answers: lastOfEach(answersIn(info, who, context.toldAt)),
    receipts: receiptsIn(info, context),
  }
}

const { Status } = proto.WebMessageInfo
/** What was not sent yet has none. */
const statuses: Readonly<Record<number, string>> = {
  [Status.ERROR]: 'error',
  [Status.SERVER_ACK]: 'server',
  [Status.DELIVERY_ACK]: 'delivered',
  [Status.READ]: 'read',
  [Status.PLAYED]: 'played',
}

function pinIn(pin: proto.IPinInChat | null | undefined, toldAt: number): Pick<Beside, 'pinned' | 'pinnedUntil'> {
  if (pin?.type !== proto.PinInChat.Type.PIN_FOR_ALL) return { pinned: null, pinnedUntil: null }
  const at = msAt(pin.senderTimestampMs, toldAt)
  const seconds = pin.messageAddOnContextInfo?.messageAddOnDurationInSecs
  return { pinned: true, pinnedUntil: at === null || !seconds ? null : at + seconds * 1000 }
}

type Person = Pick<HistoryReaction, 'senderId' | 'senderPn' | 'fromMe'>
/** Whose a key is; null: it does not say. */
type Who = (key: proto.IMessageKey | null | undefined) => Person | null

function personOf(key: Parameters<Who>[0], stanza: Stanza, context: HistoryContext): Person | null {
  const fromMe = key?.fromMe === true || (key?.participant ? isOwn(key.participant, context.own) : false)
  const other = isBetweenTwo(stanza) ? stanza.chat : null
  const said = key?.participant ? context.pairs.addressOf(key.participant) : key ? other : null
  const address = fromMe ? ownAddress(context) : said
  return address && { senderId: address.id, senderPn: address.pn, fromMe }
}

const reactionsIn = ({ reactions }: proto.IWebMessageInfo, who: Who, toldAt: number): readonly HistoryReaction[] =>
  lastSaid(reactions).flatMap(({ key, text, senderTimestampMs }) => {
    const person = who(key)
    return person ? [{ ...person, emoji: text ?? '', at: msAt(senderTimestampMs, toldAt) }] : []
  })

type Voting = { who: Who; toldAt: number; names: ReadonlyMap<string, string> }

const votesIn = ({ pollUpdates }: proto.IWebMessageInfo, { who, toldAt, names }: Voting): readonly HistoryVote[] =>
  lastSaid(pollUpdates).flatMap(({ pollUpdateMessageKey, vote, senderTimestampMs }) => {
    const person = vote ? who(pollUpdateMessageKey) : null
    return person ? [{ ...person, ...chosenOf(vote?.selectedOptions, names), at: msAt(senderTimestampMs, toldAt) }] : []
  })

const answersIn = ({ eventResponses }: proto.IWebMessageInfo, who: Who, toldAt: number): readonly HistoryAnswer[] =>
  lastSaid(eventResponses).flatMap(({ eventResponseMessageKey, eventResponseMessage: said, timestampMs }) => {
    const person = said ? who(eventResponseMessageKey) : null
    if (!person || !said) return []
    const at = msAt(timestampMs ?? said.timestampMs, toldAt)
    return [{ ...person, answer: answerOf(said), extraGuests: intOf(said.extraGuestCount), at }]
  })

/** In the order of participants. */
function receiptsIn({ userReceipt }: proto.IWebMessageInfo, { pairs, toldAt }: HistoryContext): readonly HistoryReceipt[] | null {
  const receipts = (userReceipt ?? []).slice(0, maxPeople).flatMap(receipt => {
    const status = furthestOf(receipt)
    if (!receipt.userJid || status === null) return []
    const { id, pn } = pairs.addressOf(receipt.userJid)
    return [{ participantId: id, participantPn: pn, status: status.is, at: secondsAt(status.at, toldAt) }]
  })
  return receipts.length === 0 ? null : receipts
}

type Instant = proto.IUserReceipt['readTimestamp']

function furthestOf({
  playedTimestamp,
  readTimestamp,
  receiptTimestamp,
}: proto.IUserReceipt): { is: string; at: Instant } | null {
  const reached = (at: Instant) => at != null && String(at) !== '0'
  if (reached(playedTimestamp)) return { is: 'played', at: playedTimestamp }
  if (reached(readTimestamp)) return { is: 'read', at: readTimestamp }
  return reached(receiptTimestamp) ? { is: 'delivered', at: receiptTimestamp } : null
}

/** What is beyond that is nobody's group, and not looked at. */
const lastSaid = <One>(all: readonly One[] | null | undefined): readonly One[] => (all ?? []).slice(-maxPeople)

/** Of what each person did the latest; of what happened at once, or at a time that is not said, what is said last. null: nothing. */
function lastOfEach<Done extends Person & { at?: number | null }>(all: readonly Done[]): readonly Done[] | null {
  const last = new Map<string, Done>()
  for (const one of all) {
    const before = last.get(one.senderId)
    if (before === undefined || (one.at ?? 0) >= (before.at ?? 0)) last.set(one.senderId, one)
  }
  return last.size === 0 ? null : [...last.values()]
}
