// What a label of a metric may be, as words.
import { commandWaits, instanceReasons, instanceStates, mediaReasons, replayStates } from '../../events/vocabulary.ts'
import type { Label } from './declare.ts'

const vocabularies = { commandWaits, instanceReasons, instanceStates, mediaReasons, replayStates }

/** null: there is one for each of something. */
export function labelWords(label: Label): readonly string[] | null {
  if ('each' in label) return null
  if (!('vocabulary' in label)) return label
  return [...vocabularies[label.vocabulary].here, ...(label.also === undefined ? [] : [label.also])]
}
