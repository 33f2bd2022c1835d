// A message goes to devices. Where WhatsApp does not say in time which those are, Baileys sends a stanza that nobody but the account's own devices
// can read (getUSyncDevices and relayMessage of lib/Socket/messages-send.js), and its ack would say that it was sent: so somebody's are asked for
// before it is relayed, and Baileys finds the answer in its cache.
import type { GroupMetadata, WASocket } from '@whiskeysockets/baileys'
import { bareJid, digitsOf, isGroup, isLid, isPn } from '../../convert/jid.ts'
import { CodedError } from '../../runtime/coded-error.ts'

/** Of it not one byte was sent. */
export class NobodyReached extends CodedError<'nobody-reached'> {
  override name = 'NobodyReached'
  readonly port = 'socket'
  constructor() {
    super({
      code: 'nobody-reached',
      message: 'asking for the devices of a chat: expected one of somebody there, got none (retryable)',
      retryable: true,
    })
  }
}

type Asking = Pick<WASocket, 'authState' | 'getUSyncDevices' | 'groupMetadata'>

type There = { to: string; audience?: readonly string[] | undefined }
export type Recipients = {
  /** What Baileys asks for of a group, as it was answered a moment ago: one question for each message, not two. */
  cachedGroupMetadata(jid: string): Promise<GroupMetadata | undefined>
  /** `relay`: once somebody there has a device. `audience`: of a status. Rejects with NobodyReached, or as the question does. */
  reach(socket: Asking, there: There, relay: () => Promise<unknown>): Promise<void>
}

export function createRecipients(): Recipients {
  const groups = new Map<string, GroupMetadata>()
  return {
    cachedGroupMetadata: async jid => groups.get(jid),
    reach: async (socket, { to, audience }, relay) => {
      const group = isGroup(to) ? await socket.groupMetadata(to) : null
      if (group !== null) await askFor(socket, addressesOf(group))
      else if (audience !== undefined) await askFor(socket, audience)
      else if (isPn(to) || isLid(to)) await askFor(socket, [ownBeside(socket, to), to])
      if (group !== null) groups.set(to, group)
      try {
        await relay()
      } finally {
        groups.delete(to)
      }
    },
  }
}

const addressesOf = ({ participants }: GroupMetadata) => participants.map(({ id }) => id)

/** As whom the account writes there. */
function ownBeside({ authState }: Asking, to: string): string {
  const { id = '', lid } = authState.creds.me ?? {}
  return bareJid(isLid(to) && lid ? lid : id)
}

/** Under the lock of Baileys' own relay. In a chat with nobody else the account's own phone is somebody. */
async function askFor({ authState, getUSyncDevices }: Asking, addresses: readonly string[]): Promise<void> {
  const { id = '', lid = '' } = authState.creds.me ?? {}
  const own = [digitsOf(id), digitsOf(lid)]
  const isAlone = addresses.every(address => own.includes(digitsOf(address)))
  await authState.keys.transaction(async () => {
    const devices = await getUSyncDevices([...addresses], true, false)
    if (!devices.some(({ user }) => isAlone || !own.includes(user))) throw new NobodyReached()
  }, id)
}
