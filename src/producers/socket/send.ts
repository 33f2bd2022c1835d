// What the account says of its own accord; receipts and answers are Baileys'.
import type { BinaryNode, proto, WASocket } from '@whiskeysockets/baileys'
import { isGroup, isLid, isPn } from '../../convert/jid.ts'
import { isStatusAddress } from '../../events/command-bodies/addresses.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { GatedRepository } from '../gate/gated-repository.ts'
import type { MediaHosts } from '../upload/media-connection.ts'
import type { Acting } from './acting.ts'
import { askForGroups } from './ask-groups.ts'
import { askForMediaHosts } from './ask-media-hosts.ts'
import type { Recipients } from './ask-recipients.ts'

export type Send = {
  /** Shows the account as online, or no longer; Baileys says it at each login as the settings were when the socket was made. */
  presence(isOnline: boolean): Promise<void>
  /** For all groups of the account, in one query: what is answered, as Baileys reads it, in the very moment. Rejects where WhatsApp does not say. */
  askForGroups(): Promise<unknown>
  /**
   * Encrypts it for each device of the chat, or of the audience of a status, and sends it, under this id; `attributes`, `nodes`: of the stanza,
   * besides Baileys' own. Rejects with NobodyReached, with nothing sent, where WhatsApp names no device of anybody there.
   */
  relay(of: Outgoing): Promise<void>
  /** For what becomes no message. */
  acting: Acting
  /** Which hosts take files for it now, and with which word. Rejects where WhatsApp does not say. */
  askForMediaHosts(): Promise<MediaHosts>
  /** The address of who has this phone number; null: nobody. Rejects where WhatsApp does not say. */
  findOnWhatsApp(pn: string): Promise<string | null>
}
export type Outgoing = {
  to: string
  content: proto.IMessage
  messageId: string
  attributes: Readonly<Record<string, string>>
  nodes: readonly BinaryNode[]
  /** Of a status alone. */
  audience?: readonly string[]
  /** Not one byte leaves before it resolves; where it rejects, none does. It is asked once something is encrypted, and known to the keys. */
  until?: () => Promise<void>
}
type Deps = {
  socket: WASocket
  recipients: Recipients
  sending: GatedRepository['sending']
  instanceId: string
  logger: Logger
}

/** The one place through which it says it. */
export function createSend(deps: Deps): Send {
  const { socket } = deps
  return {
    acting: actingOf(socket),
    presence: isOnline => socket.sendPresenceUpdate(isOnline ? 'available' : 'unavailable'),
    askForGroups: () => askForGroups(socket),
    relay: of => relay(deps, of),
    askForMediaHosts: () => askForMediaHosts(socket),
    findOnWhatsApp: async pn => {
      const found = await socket.onWhatsApp(pn)
      if (found === undefined) throw new Error(`asking who has a number: expected an answer of WhatsApp, got none`)
      return found.find(one => one.exists)?.jid ?? null
    },
  }
}

async function relay({ socket, recipients, sending, instanceId, logger }: Deps, of: Outgoing): Promise<void> {
  const { to, content, messageId, attributes, nodes, audience, until = async () => undefined } = of
  const statusJidList = audience === undefined ? {} : { statusJidList: [...audience] }
  const options = { messageId, additionalAttributes: attributes, additionalNodes: [...nodes], ...statusJidList }
  let isAsked = false
  const asked = () => {
    isAsked = true
    return until()
  }
  if (!isEncrypted(to)) await asked()
  await recipients.reach(socket, { to, audience }, () => sending(asked, () => socket.relayMessage(to, content, options)))
  // Baileys encrypted it for nobody, or beside the context of its sender.
  if (!isAsked) logger.error('socket.sent-unasked', { instanceId, messageId })
}

/** Whatever Baileys sends there goes through the door of what encrypts (encrypt-door.ts); channels get it in the clear. */
const isEncrypted = (to: string): boolean => isPn(to) || isLid(to) || isGroup(to) || isStatusAddress(to)

/** Of two events of one group Baileys' buffer keeps the first alone. */
function actingOf(socket: WASocket): Acting {
  const tellGroup: Acting['tellGroup'] = group => {
    socket.ev.flush()
    socket.ev.emit('groups.update', [group])
    socket.ev.flush()
  }
  return { ...socket, tellGroup }
}
