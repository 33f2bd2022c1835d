// What a program that never ends has printed by its n-th line; Ctrl-C ends it then, or our own end.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess } from '../../../infra/services/server-process.ts'
import type { Program } from '../../../infra/services/strangers.ts'

type Printing = Program & { name: string; lineCount: number }
type Printed = {
  lines: readonly string[]
  /** How Ctrl-C ended it, and what it said on stderr. */
  ended: string
}

const PRINTED_WITHIN_MS = 60_000

/** Rejects with its last words where it ends or falls silent before. */
export async function printedLines({ name, command, args, lineCount }: Printing): Promise<Printed> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-printed-'))
  const [file, pidFile] = [join(directory, 'lines'), join(directory, 'pid')]
  const lines = async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1)
  try {
    await writeFile(file, '')
    const program = await startServerProcess({
      name,
      command: 'sh',
      args: ['-c', 'echo $$ >"$0"; file=$1; shift; exec "$@" >"$file"', pidFile, file, command, ...args],
      isUp: async () => (await lines()).length >= lineCount,
      startWithinMs: PRINTED_WITHIN_MS,
    }).catch(async cause => {
      throw new Error(`reading what ${name} prints: ${(await lines()).length} of ${lineCount} lines`, { cause })
    })
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGINT')
    return { ended: await program.ended, lines: await lines() }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
