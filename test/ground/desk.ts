// Where the tests of a run, each in a process of its own, ask the run for what they share.
import { createServer } from 'node:http'
import { describeError } from '../../src/runtime/logger.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Its address. `database` answers the URL of the run's Postgres, where a database called migrated_template is there to copy; `parts`
     * answers SharedParts, as JSON; the name of a MachinePart `yes` or `no`.
     */
    desk: string
    /** Which half of the tests runs (vitest.config.ts). */
    speed: 'fast' | 'real'
  }
}

/** Answers 500 with the reason where an answer rejects. */
export async function openDesk(answers: Readonly<Record<string, () => Promise<string>>>) {
  const server = createServer((request, response) => {
    const answer = answers[request.url?.slice(1) ?? '']
    if (answer === undefined) return void response.writeHead(404).end(`nothing is called ${request.url}`)
    answer().then(
      text => response.end(text),
      error => response.writeHead(500).end(describeError(error)),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the desk has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
