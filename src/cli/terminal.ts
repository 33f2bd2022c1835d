// A person who can be asked: stdin and stderr are a terminal. The question is on stderr, because stdout is the result.
import { createInterface } from 'node:readline/promises'

export type Terminal = {
  /** The line that was typed; empty where the terminal was closed instead. */
  ask(question: string): Promise<string>
}

/** null: there is nobody. */
export function openTerminal(): Terminal | null {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  return {
    ask: async question => {
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      try {
        const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
        return await Promise.race([lines.question(question), closed])
      } finally {
        lines.close()
      }
    },
  }
}
