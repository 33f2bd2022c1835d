// Takes in one stanza, ahead of Baileys, and waits for nothing that has to become durable: its appends are begun in arrival order, and a message's
// keys are stepped in memory, in exactly the order in which Baileys will ask (lib/Socket/messages-recv.js handleMessage): pairs of addresses,
// sessions that move along them, parts. Baileys' own code decrypts, over the face of its repository that appends.
import { type BinaryNode, decryptMessageNode, jidDecode, type SocketConfig, type WAMessageKey } from '@whiskeysockets/baileys'
import { isLid, isPn } from '../../convert/jid.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { SocketLife } from '../socket-life.ts'
import type { AckGate, GatedClass } from './ack-gate.ts'
import { allOf, begun } from './begun.ts'
import type { Ahead, GatedRepository } from './gated-repository.ts'
import type { LookAheadEnd } from './traced-stanzas.ts'

export type TakenIn = {
  /** Resolves once Baileys may see it: all that was appended of it, and what of its keys may not lag, is durable. */
  durable: Promise<void>
  end: LookAheadEnd
  /** Once Baileys is done with it. null: nothing is left to do. */
  after: (() => Promise<void>) | null
}
/** `earlier`: resolves once Baileys is done with every stanza of this sender that was taken in before; null: there is none. */
export type TakeIn = (stanzaClass: GatedClass, node: BinaryNode, earlier: () => Promise<void> | null) => Promise<TakenIn>
type Deps = {
  gate: Pick<AckGate, 'begin' | 'beginRest' | 'taken'>
  auth: Ahead
  gated: Pick<GatedRepository, 'ahead' | 'inOneUnit'>
  /** As Baileys has it; undefined: not linked yet. */
  me(): { id: string; lid?: string } | undefined
  life: Pick<SocketLife, 'isOver'>
  logger: Logger
}

export function createTakeIn({ gate, auth, gated, me, life, logger }: Deps): TakeIn {
  const repository = gated.ahead
  return async (stanzaClass, node, earlier) => {
    if ((await gate.begin(stanzaClass, node)) === 'begun') return { ...gate.taken(node), after: null }
    if (node.attrs.category === 'peer') return leaveToBaileys(node)
    const { read, write } = openMessage(node)
    const before = earlier()
    if (before !== null && (await isNew(read.key))) await before
    if (life.isOver()) return { ...gate.taken(node), after: null }
    const { kept } = await auth.ahead(write)
    const { end, ...taken } = gate.taken(node)
    return { ...allOf([taken, begun(kept)]), end, after: null }
  }

  /**
   * What the account's own phone hands over (keys of the app state, pairs of addresses) only Baileys acts upon, and would never see again where
   * the socket ended in between, because its part is remembered: it is decrypted when Baileys asks, and nothing is taken in meanwhile.
   */
  function leaveToBaileys(node: BinaryNode): TakenIn {
    const after = async () => {
      await gate.beginRest(node)
      await gate.taken(node).durable
    }
    return { ...gate.taken(node), end: 'everybody', after }
  }

  /** What stops Baileys has its place in the log as well, whole. Of a stanza that can be read (unreadableFor). */
  function openMessage(node: BinaryNode) {
    const { id = '', lid = '' } = me() ?? {}
    const { fullMessage, decrypt } = decryptMessageNode(node, id, lid, repository(), quiet)
    const write = async () => {
      try {
        await storePair(fullMessage.key)
        await decrypt()
      } catch (error) {
        if (life.isOver()) throw error
        logger.warn('message.unreadable', { error: describeError(error) })
      }
      await gate.beginRest(node)
    }
    return { read: fullMessage, write }
  }

  /** Whoever it is from is known under another address from now on: what came before under the old one has to be through. */
  async function isNew(key: WAMessageKey): Promise<boolean> {
    const pair = pairIn(key)
    if (pair === null || !isLid(pair.lid) || !isPn(pair.pn)) return false
    const known = await repository().lidMapping.getPNForLID(pair.lid)
    return known === null || (!pair.isOnlyIfUnknown && jidDecode(known)?.user !== jidDecode(pair.pn)?.user)
  }

  /** The pair, the rows that move along it and nothing between. */
  async function storePair(key: WAMessageKey): Promise<void> {
    const { lidMapping, migrateSession } = repository()
    const pair = pairIn(key)
    if (pair === null) return
    if (pair.isOnlyIfUnknown && (await lidMapping.getPNForLID(pair.lid))) return
    await gated.inOneUnit(async () => {
      await lidMapping.storeLIDPNMappings([pair])
      await migrateSession(pair.pn, pair.lid)
    })
  }
}

type Pair = { lid: string; pn: string; isOnlyIfUnknown: boolean }

/** As handleMessage of lib/Socket/messages-recv.js takes it from the key. */
function pairIn({ participant, remoteJid, participantAlt, remoteJidAlt }: WAMessageKey): Pair | null {
  const other = participantAlt || remoteJidAlt
  const primary = participant || remoteJid
  if (!other || !primary) return null
  return jidDecode(other)?.server === 'lid'
    ? { lid: other, pn: primary, isOnlyIfUnknown: true }
    : { lid: primary, pn: other, isOnlyIfUnknown: false }
}

/** Baileys says the same once more when it is handed the stanza. */
const quiet: SocketConfig['logger'] = {
  level: 'silent',
  child: () => quiet,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
