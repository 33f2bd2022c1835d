// The language of the pages: the browser's, until another one is chosen; that choice is kept for the next visit.
import { signal } from '@preact/signals'
import { type Language, languageOf, stateText, textOf, type Word } from './words.ts'

const KEPT_AS = 'zaplog-language'
const kept = localStorage.getItem(KEPT_AS)

export const language = signal<Language>(languageOf(kept === null ? navigator.languages : [kept]))

export function chooseLanguage(code: Language) {
  localStorage.setItem(KEPT_AS, code)
  language.value = code
}

export const say = (word: Word, values?: Readonly<Record<string, string | number>>): string =>
  textOf(language.value, word, values)
export const sayState = (state: string): string => stateText(language.value, state)
export const sayTime = (at: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at))
export const sayNumber = (count: number): string => new Intl.NumberFormat(language.value).format(count)
