// What came of a move, for people and for programs. Pure.
import type { Outcome } from '../main/move/move.ts'
import type { Plan } from '../main/move/plan.ts'
import { plainText, textTable } from './text-table.ts'

const count = (number: number | bigint): string => number.toLocaleString('en')

export function describeOutcome(outcome: Outcome, command: string): readonly string[] {
  switch (outcome.kind) {
    case 'planned':
      return describePlan(outcome.plan)
    case 'moved-before':
      return [`the log moved to the Kafka cluster ${plainText(outcome.move.clusterId)} before: start zaplog with these settings`]
    case 'moved':
      return [
        `the log is in the Kafka cluster ${plainText(outcome.moved.clusterId)}: ${count(outcome.moved.verified)} records, each read back and compared`,
        ...(outcome.moved.expired === 0
          ? []
          : [`${count(outcome.moved.expired)} records older than their topic keeps them were deleted by Kafka meanwhile`]),
        'Start zaplog with these settings: it goes on where it stopped.',
        `What is in Postgres stays, whatever its retention, and nothing uses it: ${command} migrate --delete-old deletes it.`,
      ]
  }
}

function describePlan(plan: Plan): readonly string[] {
  const rows = partitionsOf(plan).map(({ topic, partition, first, end, records, bytes }) => [
    topic,
    String(partition),
    String(first),
    String(end),
    count(records),
    count(bytes),
  ])
  return [
    textTable(['topic', 'partition', 'first', 'end', 'records', 'bytes'], rows).trimEnd(),
    ...plan.doubts.map(one => `note: ${plainText(one)}`),
    ...plan.problems.map(one => `stands against it: ${plainText(one)}`),
    ...(plan.problems.length === 0 ? ['Nothing stands against it; nothing was made.'] : []),
  ]
}

/** With --json. */
export function outcomeLine(outcome: Outcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case 'planned':
      return { event: 'checked', ...planLine(outcome.plan) }
    case 'moved-before':
      return { event: 'moved-before', clusterId: outcome.move.clusterId }
    case 'moved':
      return { event: 'moved', ...outcome.moved }
  }
}

/** Offsets are text: they may be larger than a number holds. */
export const planLine = (plan: Plan): Readonly<Record<string, unknown>> => ({
  clusterId: plan.clusterId,
  partitions: partitionsOf(plan),
  problems: plan.problems,
  notes: plan.doubts,
})

const partitionsOf = ({ topics }: Plan) =>
  topics.flatMap(({ partitions }) =>
    partitions
      .filter(({ endOffset }) => endOffset > 0n)
      .map(({ topic, partition, firstOffset, endOffset, sizeBytes }) => ({
        topic,
        partition,
        first: String(firstOffset),
        end: String(endOffset),
        records: Number(endOffset - firstOffset),
        bytes: sizeBytes,
      })),
  )
