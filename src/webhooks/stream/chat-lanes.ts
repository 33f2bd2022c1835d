// The lane of each chat: an address keeps its first lane for ever, and one not seen before takes its counterpart's (PN and LID of one chat),
// so that a chat stays in one lane when its mapping becomes known.
import type { Transaction } from '../../database/database.ts'
import type { Event } from '../../events/event.ts'
import { rowsOf } from '../../purge/erasure.ts'

/** `addresses`: every address known of the chat; empty for what belongs to no chat and goes in the lane `instance`. */
export type Chat = { lane: string; addresses: readonly string[] }
export type ChatLanes = {
  /** Events in log order: the first to name an address decides its lane. */
  chatOf(event: Event): Chat
  /** The chat of an event whose lane was decided before. */
  chatIn(lane: string, event: Event): Chat
  /** Writes the addresses that were new. */
  save(): Promise<void>
}

export async function openChatLanes(tx: Transaction, events: readonly Event[]): Promise<ChatLanes> {
  const lanes = new Map<string, string>()
  const members = new Map<string, string[]>()
  const added: { instanceId: string; address: string; lane: string }[] = []

  const remember = (instanceId: string, address: string, lane: string) => {
    lanes.set(keyOf(instanceId, address), lane)
    members.set(keyOf(instanceId, lane), [...(members.get(keyOf(instanceId, lane)) ?? []), address])
  }
  const wanted = events.flatMap(event => addressesOf(event).map(address => ({ instanceId: event.instanceId, address })))
  for (const row of await readLanes(tx, wanted)) remember(row.instance_id, row.address, row.lane)

  return {
    chatOf: event => {
      const { instanceId } = event
      const addresses = addressesOf(event)
      const [first] = addresses
      if (first === undefined) return { lane: 'instance', addresses: [] }
      const known = addresses.map(address => lanes.get(keyOf(instanceId, address)))
      const lane = known.find(one => one !== undefined) ?? first
      for (const [index, address] of addresses.entries()) {
        if (known[index] !== undefined) continue
        remember(instanceId, address, lane)
        added.push({ instanceId, address, lane })
      }
      return { lane, addresses: members.get(keyOf(instanceId, lane)) ?? [] }
    },
    chatIn: (lane, event) => ({ lane, addresses: members.get(keyOf(event.instanceId, lane)) ?? addressesOf(event) }),
    save: () => writeLanes(tx, added),
  }
}

/** The event's own address first: it decides where two addresses of one chat already have different lanes. */
function addressesOf(event: Event): readonly string[] {
  const given =
    event.type === 'contact.updated' ? [event.contactId, event.contactLid, event.contactPn] : [event.chatId, event.chatPn]
  return [...new Set(given.filter(address => address !== null && address !== undefined))]
}

const keyOf = (instanceId: string, address: string) => `${instanceId} ${address}`

type LaneRow = { instance_id: string; address: string; lane: string }

/** The addresses asked for and all others of the same lanes. */
async function readLanes(tx: Transaction, of: readonly { instanceId: string; address: string }[]): Promise<readonly LaneRow[]> {
  if (of.length === 0) return []
  return tx.query<LaneRow>(
    `select l.instance_id, l.address, l.lane from webhook_lanes l
       join (select distinct k.instance_id, k.lane from webhook_lanes k
               join unnest($1::text[], $2::text[]) as named (instance_id, address) using (instance_id, address)) found
         using (instance_id, lane)`,
    [of.map(one => one.instanceId), of.map(one => one.address)],
  )
}

async function writeLanes(tx: Transaction, added: readonly { instanceId: string; address: string; lane: string }[]) {
  if (added.length === 0) return
  await tx.query(
    `insert into webhook_lanes (instance_id, address, lane) select * from unnest($1::text[], $2::text[], $3::text[])`,
    [added.map(one => one.instanceId), added.map(one => one.address), added.map(one => one.lane)],
  )
}

export const lanesErasure = rowsOf('webhook_lanes')
