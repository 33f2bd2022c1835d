// What the gate asks for before WhatsApp hears a thing: makes events of stanzas and begins their appends, all events of one stanza part in
// one append. Nobody waits here until they are durable, but whoever tells WhatsApp.
import { type BinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import { completeAddresses } from '../../convert/complete-addresses.ts'
import type { ContactNames } from '../../convert/contact-names.ts'
import { convertCall } from '../../convert/convert-call.ts'
import { convertMessage } from '../../convert/convert-message.ts'
import { convertReceipt } from '../../convert/convert-receipt.ts'
import { envelopeOf, type Offer, type Origin, unknownDraft } from '../../convert/draft.ts'
import type { OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import { chatsInStanza } from '../../convert/named-chats.ts'
import { convertNotification } from '../../convert/notifications/notifications.ts'
import { type MessagePart, readMessage } from '../../convert/read-message.ts'
import { readStanza, type Stanza } from '../../convert/stanza-identity.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { isUnopened, type OpenSealed } from '../secrets/sealed-messages.ts'
import type { SecretsOfPart } from '../secrets/secrets-of-part.ts'
import { statesIn } from '../told/states-in.ts'
import type { Told } from '../told/told.ts'
import { allOf, type Begun, begun } from './begun.ts'
import type { Intake } from './intake.ts'
import { withheldIn } from './withheld.ts'

export type StanzaPart = { node: BinaryNode; part: number }
export type Ingest = {
  read(node: BinaryNode): Stanza
  /** Durable once its events are, and what it brings for others to be opened with. */
  message(of: StanzaPart & { plaintext: Uint8Array; isPadded: boolean }): Promise<Begun>
  undecryptable(of: StanzaPart & { encryption: string; reason: string }): Promise<Begun>
  /** A placeholder: what is in it stays on the phone. */
  withheld(node: BinaryNode): Promise<Begun>
  receipt(node: BinaryNode): Promise<Begun>
  notification(node: BinaryNode): Promise<Begun>
  call(node: BinaryNode): Promise<Begun>
  /** Kept whole under a name from our own tables. */
  unknown(of: StanzaPart & { name: string }): Promise<Begun>
}
type Deps = {
  instanceId: string
  own(): OwnAddresses
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
  names: ContactNames
  secrets: SecretsOfPart
  told: Pick<Told, 'change'>
  intake: Intake
  clock: () => number
  metrics: ProducerMetrics
}

/** Bytes that would let somebody else in: the pairing code's handshake. */
const secretNotifications: ReadonlySet<string> = new Set(['link_code_companion_reg', 'privacy_token'])

/** `opened`: what was kept sealed, once more. */
export function createIngest(deps: Deps): Ingest & { opened: OpenSealed } {
  const { metrics, clock, known, intake } = deps
  const read = (node: BinaryNode) => readStanza(node, { instanceId: deps.instanceId, own: deps.own() })

  function origin({ node, part }: StanzaPart): Origin {
    const isSecret = secretNotifications.has(node.attrs.type ?? '')
    const raw = isSecret ? null : encodeBinaryNode(node)
    return { stanza: read(node), ordinal: { part, index: 0 }, raw, receivedAt: clock() }
  }

  /** Ids are made by now: from here on addresses are as the instance knows them. */
  async function begin(offers: readonly Offer[]): Promise<Begun> {
    const shown: Offer[] = []
    for (const offer of offers) shown.push(await completeAddresses(offer, known))
    return begun(intake.append(shown))
  }

  return {
    read,
    ...createMessageIngest(deps, { read, begin }),
    undecryptable: async ({ node, part, encryption, reason }) => {
      const from = origin({ node, part })
      const { senderName, isGroup } = from.stanza
      metrics.undecryptable.inc({ encryption })
      return begin([{ ...envelopeOf('message.undecryptable', from), reason, encryption, senderName, isGroup }])
    },
    withheld: async node => {
      const from = origin({ node, part: 0 })
      const { senderName, isGroup } = from.stanza
      const encryption = 'none'
      metrics.undecryptable.inc({ encryption })
      const about = { reason: 'withheld', encryption, ...withheldIn(node, from.receivedAt), senderName, isGroup }
      return begin([{ ...envelopeOf('message.undecryptable', from), ...about }])
    },
    receipt: async node => {
      const { stanza, raw, receivedAt } = origin({ node, part: 0 })
      const { drafts, ignored } = convertReceipt({ node, stanza, raw: raw ?? new Uint8Array(), receivedAt })
      if (ignored !== null) metrics.ignored.inc({ name: ignored })
      return begin(drafts)
    },
    notification: async node => {
      const notification = { node, origin: origin({ node, part: 0 }), own: deps.own() }
      const offers = convertNotification(notification, nameOf(node))
      const appended = await begin(offers)
      const isKept = ({ chatId }: Offer) => !chatId || !intake.ignores(chatId)
      deps.told.change(statesIn(offers.filter(isKept)), appended.durable)
      return appended
    },
    call: async node => {
      const { offers, ignored } = convertCall(node, origin({ node, part: 0 }))
      if (ignored !== null) metrics.ignored.inc({ name: ignored })
      return begin(offers)
    },
    unknown: async ({ node, part, name }) => {
      // What a message tells of other chats is sealed; notifications and calls name groups anywhere in them.
      const chats = node.tag === 'message' ? [] : chatsInStanza(node)
      return begin([unknownDraft(origin({ node, part }), name, chats)])
    },
  }
}

type Doors = Pick<Ingest, 'read'> & { begin(offers: readonly Offer[]): Promise<Begun> }

function createMessageIngest(
  { own, clock, known, intake, secrets, names, metrics }: Deps,
  { read, begin }: Doors,
): Pick<Ingest, 'message'> & { opened: OpenSealed } {
  function countSealed(offers: readonly Offer[]): void {
    for (const offer of offers)
      if (offer.type === 'message.undecryptable') metrics.undecryptable.inc({ encryption: offer.encryption })
  }

  async function convert(said: Said) {
    const { lid, pn } = own()
    const sender = await known.complete(said.stanza.sender)
    const aliases = [sender.id, sender.pn].filter(alias => alias !== null)
    const of = { ...said, aliases, ownId: lid ?? pn, ignores: intake.ignores }
    const content = readMessage(of)
    return { sender, content, offers: convertMessage(of, content, await secrets.knownFor(content)) }
  }

  return {
    message: async ({ node, part, plaintext, isPadded }) => {
      const stanza = read(node)
      const receivedAt = clock()
      const { sender, content, offers } = await convert({ stanza, part, plaintext, isPadded, receivedAt })
      countSealed(offers)
      const isTold = offers.length > 0 && !intake.ignores(stanza.chat.id)
      const contact = isTold ? names.changed(stanza, sender, receivedAt) : null
      const kept = await secrets.keep(content, offers)
      const appended = await begin(contact === null ? offers : [...offers, contact])
      if (contact !== null) rememberWhile(appended, names, contact)
      return allOf([appended, kept])
    },
    opened: async sealed => {
      const { offers } = await convert({ ...sealed, isPadded: false })
      return offers.some(isUnopened) ? null : begin(offers)
    },
  }
}

type Said = Pick<MessagePart, 'stanza' | 'part' | 'plaintext' | 'isPadded' | 'receivedAt'>

/** What is told is not told again by the stanzas that are taken in while its append is on its way. */
function rememberWhile<Told>(
  { durable }: Begun,
  names: { remember(told: Told): void; forget(told: Told): void },
  told: Told,
): void {
  names.remember(told)
  durable.catch(() => names.forget(told))
}

/** What is kept whole is known by: the class of the stanza, and its type where it says one. */
export const nameOf = ({ tag, attrs }: BinaryNode): string => `${tag} ${attrs.type ?? ''}`.trim()
