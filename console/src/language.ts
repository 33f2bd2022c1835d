// The language of the pages: the browser's, until another one is chosen; that choice is kept for the next visit.
import { signal } from '@preact/signals'
import type { Failure } from './call-api.ts'
import { openKept } from './kept.ts'
import { type Language, languageOf, stateText, textOf, type Word } from './words.ts'

const kept = openKept(() => localStorage, 'zaplog-language')
const before = kept.read()

export const language = signal<Language>(languageOf(before === null ? navigator.languages : [before]))

export function chooseLanguage(code: Language) {
  kept.write(code)
  language.value = code
}

export const say = (word: Word, values?: Readonly<Record<string, string | number>>): string =>
  textOf(language.value, word, values)
/** Of something that somebody asked for. */
export const sayFailure = (failure: Failure): string =>
  failure.kind === 'away' ? say('keyAway') : say('refused', { detail: failure.detail })
export const sayState = (state: string): string => stateText(language.value, state)
export const sayTime = (at: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at))
export const sayNumber = (count: number): string => new Intl.NumberFormat(language.value).format(count)
