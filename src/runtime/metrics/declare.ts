// How a metric is declared: once, in words for who scrapes it and for who runs zaplog. Code takes it by its name (../metrics.ts), and
// docs/metrics.md is made of it.
import type * as vocabulary from '../../events/vocabulary.ts'

/** Its values, one after another; or, in words, what there is one of for each. */
export type Label = readonly string[] | { vocabulary: Vocabulary; also?: string } | { each: string }
/** A list of events/vocabulary.ts that holds what a label may be. */
type Vocabulary = 'commandWaits' | 'instanceReasons' | 'instanceStates' | 'mediaReasons' | 'replayStates'

export type Metric = {
  kind: 'counter' | 'gauge' | 'histogram'
  /** Of all of zaplog, and the same in each process that shows it: over processes the greatest counts, not the sum. Unset: of its process. */
  isShared?: true
  /** What is counted; `seconds` and `bytes` are in the name, too. */
  unit: string
  /** By name. Accounts are `instance_id`, and nothing else grows with them; `instance` is Prometheus' own word for what it scrapes. */
  labels: Readonly<Record<string, Label>>
  help: string
  /** What whoever runs zaplog concludes from it. */
  means: string
  /** The line that tells more: a verb, a call, or a line of the log. */
  see: string
}
export type Metrics = Readonly<Record<`zaplog_${string}`, Metric>>

export const isEachAccount = (label: Label): boolean => 'each' in label && label.each === 'account'
/** Whether there is a series of each account. */
export const isOfAccounts = ({ labels }: Metric): boolean => Object.values(labels).some(isEachAccount)

/** What code may say where a label is asked for. */
export type WordOf<Of> = Of extends readonly (infer Word)[]
  ? Word
  : Of extends { vocabulary: infer Name extends Vocabulary }
    ? (typeof vocabulary)[Name]['here'][number] | (Of extends { also: infer Word } ? Word : never)
    : string
