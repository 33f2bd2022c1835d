// The lane of each chat: an address keeps its first lane for ever, and one not seen before takes its counterpart's (PN and LID of one chat),
// so that a chat stays in one lane when its mapping becomes known; two LIDs never share one. What is of history has lanes of its own, decided by
// history alone: a flood of it stands before nothing that happens, and each lane is the same however the topics are interleaved.
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import type { Event } from '../../events/event.ts'
import { isOfHistory } from '../../events/topics.ts'
import { rowsOf } from '../../purge/erasure.ts'

/** `addresses`: every address known of the chat; empty for what belongs to no chat and goes in the lane `instance`. */
export type Chat = { lane: string; addresses: readonly string[] }
export type ChatLanes = {
  /** Events in log order: the first to name an address decides its lane. */
  chatOf(event: Event): Chat
  /** The chat of an event whose lane was decided before. */
  chatIn(lane: string, event: Event): Chat
  /** The addresses that were new. */
  write(): Write
}
export type LaneRow = { instance_id: string; address: string; lane: string }

/** `known`: what `readLanes` of these events found. */
export function openChatLanes(known: readonly LaneRow[]): ChatLanes {
  const lanes = new Map<string, string>()
  const members = new Map<string, string[]>()
  const added: LaneRow[] = []

  const remember = ({ instance_id, address, lane }: LaneRow) => {
    lanes.set(keyOf(instance_id, address), lane)
    members.set(keyOf(instance_id, lane), [...(members.get(keyOf(instance_id, lane)) ?? []), address])
  }
  for (const row of known) remember(row)
  const membersOf = (instanceId: string, lane: string) => members.get(keyOf(instanceId, lane)) ?? []
  /** Its own addresses are the chat's, too, where one of them is in another one's lane. */
  const chatIn = (lane: string, event: Event): Chat => ({
    lane,
    addresses: [...new Set([...membersOf(event.instanceId, lane), ...addressesOf(event)])].map(plain),
  })

  return {
    chatOf: event => {
      const { instanceId } = event
      const addresses = addressesOf(event)
      const [first] = addresses
      if (first === undefined) return { lane: inTime(event, 'instance'), addresses: [] }
      const before = addresses.map(address => lanes.get(keyOf(instanceId, address)))
      const lane = before.find(one => one !== undefined && mayJoin(first, one, membersOf(instanceId, one))) ?? first
      for (const [index, address] of addresses.entries()) {
        if (before[index] !== undefined) continue
        const row = { instance_id: instanceId, address, lane }
        remember(row)
        added.push(row)
      }
      return chatIn(lane, event)
    },
    chatIn,
    write: () => ({ sql: insertLanes, values: [asRows(added)], isEmpty: added.length === 0 }),
  }
}

/** The addresses that these events name and all others of the same lanes. */
export function readLanes(events: readonly Event[]): Read<LaneRow> {
  const named = events.flatMap(event => addressesOf(event).map(address => ({ instance_id: event.instanceId, address })))
  const once = new Map(named.map(one => [keyOf(one.instance_id, one.address), one]))
  return { sql: lanesOfAddresses, values: [asRows([...once.values()])] }
}

/** Looked up one by one, never all at once (`limit`, `offset 0`). */
const lanesOfAddresses = `
  select l.instance_id, l.address, l.lane
  from (select distinct g.instance_id, found.lane
        from json_to_recordset($1::json) as g(instance_id text, address text)
        cross join lateral (
          select k.lane from webhook_lanes k where k.instance_id = g.instance_id and k.address = g.address limit 1) found) named
  cross join lateral (
    select l.instance_id, l.address, l.lane from webhook_lanes l
    where l.instance_id = named.instance_id and l.lane = named.lane offset 0) l`

const insertLanes = `insert into webhook_lanes (instance_id, address, lane)
  select n.instance_id, n.address, n.lane from json_to_recordset($1::json) as n(instance_id text, address text, lane text)`

/** The event's own address first: it decides where two addresses of one chat already have different lanes. As lanes name them. */
function addressesOf(event: Event): readonly string[] {
  const given =
    event.type === 'contact.updated' ? [event.contactId, event.contactLid, event.contactPn] : [event.chatId, event.chatPn]
  return [...new Set(given.filter(address => address != null).map(address => inTime(event, address)))]
}

/** A number may be another one's by now: two LIDs are two chats, whichever number both were told with. */
const mayJoin = (address: string, lane: string, members: readonly string[]): boolean =>
  !isLid(address) || members.includes(address) || ![lane, ...members].some(isLid)

const isLid = (address: string): boolean => address.endsWith('@lid')

/** Of a delivery's lane: {endpoint}/{instance}/{lane of the chat}. */
export const isHistoryLane = (lane: string): boolean => lane.split('/', 3)[2] === 'history'

const ofHistory = 'history/'
const inTime = (event: Event, name: string): string => (isOfHistory(event) ? `${ofHistory}${name}` : name)
const plain = (address: string): string => (address.startsWith(ofHistory) ? address.slice(ofHistory.length) : address)

const keyOf = (instanceId: string, address: string) => `${instanceId} ${address}`

export const lanesErasure = rowsOf('webhook_lanes')
