// What the server and the phones do with a message of a companion: it is counted, acknowledged or refused, read by whom it is for, and shown.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { answerHistoryRequest } from '../accounts/history/answer-history-request.ts'
import type { Copy } from '../accounts/phones.ts'
import { countStanza, type MessageFault, takeFault } from '../accounts/sent.ts'
import { answerPlaceholderRequest } from '../accounts/withhold.ts'
import type { Client, Companion, World } from '../accounts/world.ts'
import { attr, node, secondsNow } from '../connection/stanza.ts'
import { readClientMessage } from './read-client-message.ts'

type Of = { client: Client; companion: Companion; stanza: BinaryNode }

export async function receiveMessage(world: World, { client, companion, stanza }: Of): Promise<void> {
  const isPeer = isForOwnPhone(stanza)
  if (!isPeer) countStanza(companion.sent, stanza)
  const verdict = verdictOn(companion, isPeer)
  if (verdict.isAcknowledged) acknowledge(client, stanza, verdict.error)
  if (!verdict.isDelivered) return
  const copies = await readClientMessage(world, companion, stanza)
  if (!isPeer) show(companion, { stanza, copies })
  await tell(world, companion, { stanza, copies })
}

/** What it asks its own phone for: nobody writes that, and no fault is for it. */
const isForOwnPhone = ({ attrs }: BinaryNode): boolean => attrs.category === 'peer'

type Verdict = { isAcknowledged: boolean; isDelivered: boolean; error?: number }

function verdictOn({ messageRefusal, sent }: Companion, isPeer: boolean): Verdict {
  if (messageRefusal !== null) return refused(messageRefusal)
  return isPeer ? verdictOf('ack') : verdictOf(takeFault(sent))
}

const refused = (error: number): Verdict => ({ isAcknowledged: true, isDelivered: false, error })

function verdictOf(fault: MessageFault): Verdict {
  switch (fault) {
    case 'ack':
      return { isAcknowledged: true, isDelivered: true }
    case 'swallow':
      return { isAcknowledged: false, isDelivered: false }
    case 'no-ack':
      return { isAcknowledged: false, isDelivered: true }
    case 'no-delivery':
      return { isAcknowledged: true, isDelivered: false }
    default:
      return refused(fault.error)
  }
}

/** On the connection that it came by. */
function acknowledge({ connection }: Client, stanza: BinaryNode, error: number | undefined): void {
  const attrs = { id: attr(stanza, 'id'), class: 'message', from: attr(stanza, 'to'), t: secondsNow() }
  connection.send(node('ack', { ...attrs, error: error === undefined ? undefined : String(error) }))
}

type Read = { stanza: BinaryNode; copies: readonly Copy[] }

function show({ sent, account }: Companion, { stanza, copies }: Read): void {
  for (const copy of copies) sent.phones.read(attr(stanza, 'id'), copy, account.owner.contact)
}

async function tell(world: World, companion: Companion, { stanza, copies }: Read): Promise<void> {
  const [messageId, to] = [attr(stanza, 'id'), attr(stanza, 'to')]
  const recipient = world.accounts.personOf(to)?.contact.pn
  const content = copies.find(({ reader }) => recipient === undefined || reader.pn === recipient)?.content ?? null
  world.announce('client-message', { device: world.deviceOf(companion), messageId, to, content, stanza })
  await answerPlaceholderRequest(companion, stanza, content)
  await answerHistoryRequest(world, companion, stanza, content)
}
