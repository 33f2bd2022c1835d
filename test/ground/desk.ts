// Where the tests of a run, each in a process of its own, ask the run for what they share.
import { createServer } from 'node:http'
import { describeError } from '../../src/runtime/logger.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers the URL of the run's Postgres, as text; a database called migrated_template is there to copy. */
    databaseDesk: string
    /** Answers `yes` where Kafka, a registry and an S3 server can run here. */
    partsRunHereDesk: string
    /** Answers SharedParts, as JSON. */
    partsDesk: string
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
    urlOf: (name: string) => `http://127.0.0.1:${address.port}/${name}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
