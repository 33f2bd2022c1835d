// A verb on a terminal of some size: a real pseudo-terminal (script, of util-linux), and what somebody in front of it sees.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../until.ts'

type Size = { columns: number; rows: number }
export type Terminal = {
  /** What is on the screen, from its first line on. */
  screen(): string
  /** All that was written, without what steers the terminal. */
  text(): string
  raw(): string
  /** Lines that the terminal had to break, because nobody else did. */
  torn(): readonly string[]
  sees(what: string | RegExp): Promise<void>
  resize(size: Size): void
  /** As Ctrl-C does. */
  interrupt(): void
  ended: Promise<number | null>
}

export const terminalsAreHere = ['script', 'stty', 'tty'].every(tool => spawnSync(tool, ['--version']).status === 0)

const launcher = fileURLToPath(new URL('../../../zaplog', import.meta.url))

export function openTerminal(
  args: readonly string[],
  given: Size,
  env: NodeJS.ProcessEnv = {},
  cwd: string | undefined = undefined,
): Terminal {
  const command = `tty; stty rows ${given.rows} cols ${given.columns}; exec "$@"`
  const quoted = ['exec', 'sh', '-c', command, 'sh', launcher, ...args]
    .map(word => (word === 'exec' ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
  const child = spawn('script', ['-qefc', quoted, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH ?? '', SHELL: '/bin/sh', TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let [size, all] = [given, '']
  child.stdout.setEncoding('utf8').on('data', text => {
    all += text
  })
  const ended = once(child, 'close').then(([code]): number | null => code)
  onTestFinished(async () => {
    child.kill('SIGKILL') // which hangs the verb up
    await ended
  })
  const device = () => /^\/dev\/\S+/.exec(all)?.[0] ?? ''
  const raw = () => all.slice(all.indexOf('\n') + 1)
  const plain = () => raw().replace(steering, '').replaceAll('\r', '')
  return {
    ended,
    raw,
    text: plain,
    screen: () => play(raw(), size),
    torn: () =>
      plain()
        .split('\n')
        .filter(line => Array.from(line).length > size.columns),
    sees: async what => {
      await until(`the screen to show ${what}, not: ${all}`, () => {
        const shown = play(raw(), size)
        return typeof what === 'string' ? shown.includes(what) : what.test(shown)
      })
    },
    resize: to => {
      size = to
      execFileSync('stty', ['-F', device(), 'rows', String(to.rows), 'cols', String(to.columns)])
    },
    interrupt: () => void child.stdin.write('\u0003'),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are steered by
const steering = /\u001b\[([\d;?]*)([A-Za-z])/g

/** What a terminal makes of it; of its controls, those that we use. Colours are left out. */
function play(raw: string, { columns, rows }: Size): string {
  const lines: string[][] = [[]]
  let [row, column] = [0, 0]
  const top = () => Math.max(0, lines.length - rows)
  const put = (sign: string) => {
    if (column === columns) newLine()
    const line = lines[row] ?? []
    line[column] = sign
    lines[row] = Array.from(line, one => one ?? ' ')
    column++
  }
  function newLine() {
    row++
    column = 0
    if (lines.length === row) lines.push([])
  }
  function steer(count: number, letter: string) {
    if (letter === 'A') row = Math.max(top(), row - count)
    if (letter === 'J' && count === 2) lines.splice(top(), rows, ...Array.from({ length: lines.length - top() }, () => []))
    else if (letter === 'J') {
      lines.splice(row + 1)
      lines[row] = (lines[row] ?? []).slice(0, column)
    }
    if (letter === 'H') [row, column] = [top(), 0]
  }
  let at = 0
  for (const found of raw.matchAll(steering)) {
    write(raw.slice(at, found.index))
    steer(Number(found[1] || '0'), found[2] ?? '')
    at = found.index + found[0].length
  }
  write(raw.slice(at))
  function write(text: string) {
    for (const sign of text)
      if (sign === '\n') newLine()
      else if (sign === '\r') column = 0
      else put(sign)
  }
  return lines
    .slice(top())
    .map(line => line.join('').trimEnd())
    .join('\n')
}
