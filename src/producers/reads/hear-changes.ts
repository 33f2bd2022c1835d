// What WhatsApp tells of has changed: what was read of it before is old from here on, under both addresses of a person.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid, isLid, isPn, type OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import { childrenOf } from '../../convert/notifications/nodes.ts'
import { about, blocklist, group, itself, type Outdated, pictures, privacy } from '../actions/outdated-reads.ts'
import type { SocketReads } from './serve-reads.ts'

type Deps = {
  instanceId: string
  own(): OwnAddresses
  known: Pick<KnownAddresses, 'complete'>
  socketReads: Pick<SocketReads, 'outdate'>
}

/** Rejects only where the socket is over. */
export async function hearChanges({ instanceId, own, known, socketReads }: Deps, node: BinaryNode): Promise<void> {
  const told = changesIn(node, own())
  if (told.length === 0) return
  const old: Outdated[] = []
  for (const one of told) for (const subject of await namesOf(known, one.subject)) old.push({ ...one, subject })
  socketReads.outdate(old.map(one => ({ ...one, instanceId })))
}

async function namesOf(known: Deps['known'], subject: string): Promise<readonly string[]> {
  if (!isLid(subject) && !isPn(subject)) return [subject]
  const { id, pn } = await known.complete({ id: subject, pn: null })
  return pn === null || pn === id ? [id] : [id, pn]
}

/** People by the addresses that it names. As in whatsmeow's notification.go. */
function changesIn(node: BinaryNode, own: OwnAddresses): readonly Outdated[] {
  const from = bareJid(node.attrs.from ?? '')
  switch (node.attrs.type) {
    case 'account_sync':
      return childrenOf(node).flatMap(({ tag }) => ofAccount(tag, own))
    case 'picture':
      return pictures(from)
    case 'status':
      return [about(from)]
    case 'w:gp2':
      return [group(from)]
    default:
      return []
  }
}

/** Of the account itself, as its phone, or another device of it, has changed it. */
function ofAccount(tag: string, own: OwnAddresses): readonly Outdated[] {
  switch (tag) {
    case 'blocklist':
      return [blocklist]
    case 'picture':
      return itself(own).flatMap(pictures)
    case 'privacy':
      return [privacy]
    default:
      return []
  }
}
