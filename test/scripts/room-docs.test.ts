// The table of rooms: which file of a room is read first, and what of it is in the table.
import { expect, test } from 'vitest'
import { firstFileOf, firstSentence } from '../../scripts/generate-room-docs.ts'

test('[L] the first file of a room is the list of it, or is named like it, or is the only one', () => {
  expect(firstFileOf('src/kinds', ['all.ts', 'kinds.ts', 'text.ts'], {})).toBe('src/kinds/all.ts')
  expect(firstFileOf('src/log', ['dead-letter.ts', 'log.ts'], {})).toBe('src/log/log.ts')
  expect(firstFileOf('src/epoch', ['instance.ts', 'open-epoch.ts'], {})).toBe('src/epoch/open-epoch.ts')
  expect(firstFileOf('infra/docker', ['create-database.sql'], {})).toBe('infra/docker/create-database.sql')
  expect(firstFileOf('src/cli', ['start.ts', 'zaplog.ts'], { 'src/cli': 'zaplog.ts' })).toBe('src/cli/zaplog.ts')
})

test('[L] a room without one is refused by its name, and so is a name that nobody needs any more', () => {
  expect(() => firstFileOf('src/gate', ['ack-gate.ts', 'intake.ts'], {})).toThrow(
    'src/gate: expected a first file, one of all.ts, gate.ts, open-gate.ts, index.ts, main.ts, got ack-gate.ts, intake.ts',
  )
  expect(() => firstFileOf('src/log', ['log.ts', 'lanes.ts'], { 'src/log': 'lanes.ts' })).toThrow(
    'src/log: log.ts is its first file',
  )
})

test('[L] the sentence is the first of the comment, over its lines, in any of our languages', () => {
  expect(firstSentence('// Runs lanes: many,\n// in order. Nothing else.\nimport x')).toBe('Runs lanes: many, in order.')
  expect(firstSentence('-- What Postgres\n-- makes.\n\\getenv')).toBe('What Postgres makes.')
  expect(firstSentence('// `run NAME... [--json]`: runs it. `all` is all.\n')).toBe('`run NAME... [--json]`: runs it.')
  expect(firstSentence('// a | b, and no full stop\n')).toBe('a \\| b, and no full stop')
  expect(() => firstSentence('import x')).toThrow('expected a file that begins with a comment, got import x')
})
