// The longest test files begin first: a name that no file has any more would leave its file for the end.
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { longest } from '../../scripts/longest-first.ts'

test('[L] every file that is to begin first is there', () => {
  expect(longest.filter(path => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([])
  expect(new Set(longest).size).toBe(longest.length)
})
