// What a replay says in its own topic.
import { type EventShape, field } from '../schema-fields.ts'

export const replayEvents: readonly EventShape[] = [
  {
    type: 'replay.ended',
    doc: 'A replay has copied all that it was to copy of one partition.',
    when: 'The last record of the range was read; it comes behind everything of that topic and partition, in the partition with the same number. Its instanceId and its key are empty: it is of no account.',
    again: 'A copy under the same eventId where its append is repeated.',
    not: 'Replays that follow the log or were cancelled, those with a topic for each type, and those that were asked for without it.',
    fields: {
      replayId: field('string', 'The id of the replay, as in the header replay-job.'),
      topic: field('string', 'The topic that it was copied from, by its whole name.'),
      partition: field('int', 'The partition, of both topics.'),
      firstOffset: field('long', 'The first offset of the range.'),
      lastOffset: field('long', 'The last one; one below the first where there is nothing in it.'),
      records: field('long', 'Records copied.'),
      leftOut: field(
        'long',
        'Records that were asked for and left out, because their instance is purged, they cannot be read, or the log never takes them, and those that the log forgot before their turn came.',
      ),
    },
  },
]
