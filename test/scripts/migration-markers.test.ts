// A migration that does not say which processes it leaves running is found before it is released.
import { expect, test } from 'vitest'
import { findUnmarkedMigrations, judgeMarkers } from '../../scripts/migration-markers.ts'

test('[H9] every migration since 0227 says in its first line who goes on beside it', () => {
  expect(findUnmarkedMigrations()).toEqual([])
})

test('[H9] one that says nothing, something else, or names one that is not there is found', () => {
  const found = judgeMarkers([
    { name: '0227_old', sql: 'select 1' },
    { name: '0240_silent', sql: '-- a table\nselect 1' },
    { name: '0241_late', sql: 'select 1;\n-- beside: all' },
    { name: '0242_odd', sql: '-- beside: maybe' },
    { name: '0243_later', sql: '-- beside: 0244' },
    { name: '0244_nobody', sql: '-- beside: 0100' },
    { name: '0245_right', sql: '-- beside: all' },
    { name: '0246_right', sql: '-- beside: 0245\nselect 1' },
  ])
  expect(found.map(one => /\d{4}/.exec(one)?.[0])).toEqual(['0240', '0241', '0242', '0243', '0244'])
})
