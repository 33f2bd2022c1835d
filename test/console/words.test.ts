// What the pages say: in the browser's language where it is one of ours, and with the same gaps to fill in each.
import { expect, test } from 'vitest'
import { languageOf, languages, stateText, textOf, wordList } from '../../console/src/words.ts'
import { instanceStates } from '../../src/events/vocabulary.ts'

test.each([
  [['pt-BR', 'en'], 'pt'],
  [['pt'], 'pt'],
  [['de-DE', 'pt-PT'], 'pt'],
  [['en-GB'], 'en'],
  [['ja'], 'en'],
  [[], 'en'],
])('[J2] a browser that wants %o is spoken to in %s', (wanted, code) => {
  expect(languageOf(wanted)).toBe(code)
})

test('[J2] every language says every word, with the same gaps', () => {
  const gapsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort()
  const raw = (code: 'en' | 'pt', word: (typeof wordList)[number]) =>
    textOf(code, word, new Proxy({}, { get: (_, name) => `{${String(name)}}` }))
  for (const word of wordList) {
    expect([word, gapsOf(raw('pt', word))]).toEqual([word, gapsOf(raw('en', word))])
    expect(raw('pt', word)).not.toBe('')
  }
  expect(wordList.length).toBeGreaterThan(40)
})

test('[J2] [A1] every state of an instance has a word in each language; one of a later version is shown as it is', () => {
  for (const { code } of languages) expect(stateText(code, 'on-holiday')).toBe('on-holiday')
  expect(instanceStates.here.filter(state => stateText('pt', state) === state)).toEqual([])
})
