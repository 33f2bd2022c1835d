// The read model: instances, chats, contacts, groups, messages, calls and media as rows, the same ones whatever the interleaving of the topics.
import { withStorableIds } from '../../events/storable-ids.ts'
import { schemaOf } from '../make-tables.ts'
import type { Gathering, Placed, Projection } from '../projection.ts'
import { addressPairsIn, pairsIn } from './addresses.ts'
import { blocksIn } from './blocks.ts'
import { callsIn } from './calls.ts'
import { channelsIn } from './channels.ts'
import { chatStatesIn } from './chat-states.ts'
import { chatsIn } from './chats.ts'
import { contactsIn } from './contacts.ts'
import { answersAmong, answersIn } from './event-answers.ts'
import { groupParticipantsIn } from './group-participants.ts'
import { type GroupEvent, groupsIn } from './groups.ts'
import { answersOfHistory, inItsPlace, withHistory } from './history.ts'
import { instancesIn } from './instances.ts'
import { labelLinksIn, labelsIn } from './labels.ts'
import { markingIn } from './mark-messages.ts'
import { mediaIn } from './media.ts'
import { editedContentsIn, editsIn, revokesIn } from './message-changes.ts'
import { deletionsIn, pinsIn, starsIn } from './message-marks.ts'
import { messagesIn } from './messages.ts'
import { votesIn } from './poll-votes.ts'
import { reactionsIn } from './reactions.ts'
import { receiptsIn } from './receipts.ts'
import { settlingIn } from './settle-messages.ts'
import { sortEvents } from './sort-events.ts'
import { readModelName, tableNames } from './tables.ts'

/** Version 1, whose tables the database's migrations make. A later one is made in the same way, with the directory of its SQL files. */
export const readModel: Projection = createReadModel({ version: 1 })

/** Every table of version 1, by its whole name. */
export const readModelTables: readonly string[] = tableNames.map(table => `${schemaOf(readModel)}.${table}`)

/** `name`: of one beside it, whose tables have a schema of that name. */
export function createReadModel({ name = readModelName, ...of }: { version: number; name?: string; sql?: string }): Projection {
  const tables = tablesIn(schemaOf({ name, version: of.version }))
  return {
    ...of,
    name,
    begins: 'at-the-first-record',
    isAccounted: true,
    reads: ['events', 'media-downloaded', 'media-stored', 'media-failed', 'history'],
    gather: placed => gatherInto(tables, placed),
  }
}

type Tables = ReturnType<typeof tablesIn>

function tablesIn(schema: string) {
  return {
    instances: instancesIn(schema),
    addressPairs: addressPairsIn(schema),
    contacts: contactsIn(schema),
    groups: groupsIn(schema),
    participants: groupParticipantsIn(schema),
    calls: callsIn(schema),
    labels: labelsIn(schema),
    labelLinks: labelLinksIn(schema),
    channels: channelsIn(schema),
    blocks: blocksIn(schema),
    chats: chatsIn(schema),
    chatStates: chatStatesIn(schema),
    messages: messagesIn(schema),
    edits: editsIn(schema),
    editedContents: editedContentsIn(schema),
    revokes: revokesIn(schema),
    reactions: reactionsIn(schema),
    receipts: receiptsIn(schema),
    votes: votesIn(schema),
    answers: answersIn(schema),
    pins: pinsIn(schema),
    stars: starsIn(schema),
    deletions: deletionsIn(schema),
    media: mediaIn(schema),
    settling: settlingIn(schema),
    marking: markingIn(schema),
  }
}

function gatherInto(into: Tables, placed: readonly Placed[]): Gathering {
  const events = placed.map(one => withStorableIds(one.event))
  const pairs = pairsIn(events)
  const newPairs = into.addressPairs.readNew(pairs)
  const joined = into.participants.readJoined(pairs)
  const settling = into.settling(sortEvents(events), pairs)
  const marking = into.marking(sortEvents(events), pairs)
  return {
    reads: [newPairs, joined, ...settling.reads, ...marking.reads],
    decide: (found, fresh) => {
      const own = fresh.map(one => withStorableIds(one.event))
      const sorted = withHistory(sortEvents(own.map(inItsPlace)))
      const instanceIds = new Set(own.map(event => event.instanceId))
      const added = new Set(found(newPairs).map(pairKey))
      const ofGroups: readonly GroupEvent[] = [...sorted.groups, ...sorted.participants]
      return {
        writes: [
          into.addressPairs.insert(pairsIn(own).filter(pair => added.has(pairKey(pair)))),
          into.contacts(sorted.contacts),
          into.groups(ofGroups),
          into.participants.write(ofGroups),
          into.calls(sorted.calls),
          into.labels(sorted.labels),
          into.labelLinks(sorted.labels),
          into.channels(sorted.channels),
          into.blocks(sorted.blocks),
          into.chats([...sorted.messages, ...sorted.history]),
          into.messages([...sorted.messages, ...sorted.history]),
          into.edits(sorted.edits),
          into.editedContents(sorted.edits),
          into.revokes(sorted.revokes),
          into.reactions(sorted.reactions),
          into.receipts(sorted.receipts),
          into.votes(sorted.votes),
          into.answers([...answersAmong([...sorted.messages, ...sorted.history]), ...sorted.history.flatMap(answersOfHistory)]),
          into.pins(sorted.pins),
          into.stars(sorted.stars),
          into.deletions(sorted.deletions),
          into.chatStates([...sorted.chatStates, ...sorted.chatDeletions]),
          into.media(sorted.media),
        ],
        afterwards: [
          ...into.instances(sorted.instances),
          into.participants.count(
            ofGroups,
            found(joined).filter(group => instanceIds.has(group.instance_id)),
          ),
          ...settling.writesFor(found, sorted, instanceIds),
          ...marking.writesFor(found, [...sorted.pins, ...sorted.stars, ...sorted.deletions], instanceIds),
        ],
        emissions: [],
      }
    },
  }
}

const pairKey = (pair: { instance_id: string; lid: string; pn: string }) => `${pair.instance_id} ${pair.lid} ${pair.pn}`
