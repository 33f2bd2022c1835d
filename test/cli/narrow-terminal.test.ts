// Guarantee: on a terminal of 40 columns no line is torn: help, tables and screens are broken between words, commands so that they can be
// pasted; colours are where they are wanted.
import { execFileSync } from 'node:child_process'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { isColourful } from '../../src/cli/colours.ts'
import { fitCommand, fitText } from '../../src/cli/fit-terminal.ts'
import { screenOf } from '../../src/cli/simulate-screen.ts'
import { startScreen } from '../../src/cli/start-screen.ts'
import { textTable } from '../../src/cli/text-table.ts'
import { program } from '../../src/cli/zaplog.ts'
import { roles } from '../../src/runtime/config-values.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openTerminal, terminalsAreHere } from '../ground/cli/terminal.ts'

const COLUMNS = 40
/** What is one word, for a shell also in quotes, is torn by a terminal that is too narrow, whatever we do: it is left out. */
const tooWide = (text: string, columns = COLUMNS): readonly string[] =>
  text.split('\n').filter(line => line.length > columns && !/^\s*(\S+|"[^"]*"|'[^']*')( \\)?$/.test(line))

test.each([COLUMNS, 60, 80])('[H7] the help of every verb fits in %d columns', columns => {
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)]
  for (const command of all(program)) {
    command.configureOutput({ ...command.configureOutput(), getOutHelpWidth: () => columns })
    expect([command.name(), tooWide(command.helpInformation(), columns)]).toEqual([command.name(), []])
  }
})

test.runIf(terminalsAreHere)('[H7] what stands below the help fits, too', async () => {
  const terminal = openTerminal(['--help'], { columns: COLUMNS, rows: 24 })
  expect(await terminal.ended).toBe(0)
  expect(terminal.text()).toContain('Exit codes:')
  expect(terminal.torn()).toEqual([])
})

test('[H7] outside of a terminal the whole help has the width of a page', async () => {
  const { out } = await runVerb(['--help'], {})
  expect(out).toContain('Exit codes:')
  expect(out.split('\n').filter(line => line.length > 80)).toEqual([])
})

test('[H7] a table that is too wide is a line for each cell, and says no less', () => {
  const rows = [
    ['shop', 'Loja da Ana', 'reconnecting', 'The connection to WhatsApp was lost and is opened again.'],
    ['a', '', 'open', ''],
  ]
  const table = textTable(['id', 'name', 'state', 'why'], rows, COLUMNS)
  expect(tooWide(table)).toEqual([])
  expect(table.replaceAll(/\s+/g, ' ')).toBe(
    'id shop name Loja da Ana state reconnecting why The connection to WhatsApp was lost and is opened again. id a state open',
  )
  expect(textTable(['id'], [['a']], COLUMNS)).toBe('id\na')
})

test('[H7] [H8] the screens of start and simulate fit, but for what is one word', () => {
  const adminKey = { value: 'the-key', file: '/srv/zaplog/data/admin-key', created: false }
  const listening = { version: '1.2.3', url: 'http://127.0.0.1:7170', adminKey }
  const start = startScreen(listening, { config: { roles }, env: {}, isTerminal: true, columns: COLUMNS })
  expect(tooWide(start.join('\n'))).toEqual([])
  const plan = {
    dataDir: './data-simulated',
    isInUse: false,
    url: 'http://127.0.0.1:7070',
    isTold: false,
    key: '$KEY',
    start: () => ({ A: 'b' }),
  }
  const simulator = { url: 'ws://127.0.0.1:1/', cdnUrl: 'http://127.0.0.1:2', controlUrl: 'http://127.0.0.1:3' }
  expect(tooWide(screenOf(simulator, plan, COLUMNS).join('\n'))).toEqual([])
})

test.each([
  ['echo one two three four five six seven eight nine ten', 20],
  ["printf '%s|' 'a b' \"c d\" 'it'\\''s' e\\ f \"g'h i\" $(printf 'j k')", 12],
])('[H7] %s, broken to %d columns and pasted, does the same', (command, columns) => {
  const broken = fitCommand(`    ${command}`, columns)
  expect(broken.split('\n').length).toBeGreaterThan(2)
  const run = (line: string) => execFileSync('sh', ['-c', line], { encoding: 'utf8' })
  expect(run(broken)).toBe(run(command))
})

test('[H7] text keeps its indentation, its lines and its words', () => {
  expect(fitText('  one two three\n\nfour', 9)).toBe('  one two\n  three\n\nfour')
  expect(fitText('a-very-long-word b', 5)).toBe('a-very-long-word\nb')
  expect(fitText('as  it is', 40)).toBe('as  it is')
})

test('[H7] colours are for terminals, unless somebody says otherwise', () => {
  const [terminal, pipe] = [{ isTTY: true }, {}]
  const is = [
    [terminal, {}, true],
    [pipe, {}, false],
    [pipe, { CI: 'true' }, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [terminal, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
  ] as const
  for (const [output, env, expected] of is) expect([env, isColourful(output, env)]).toEqual([env, expected])
})
