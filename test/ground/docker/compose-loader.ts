// The library that `docker compose` is built on, and the few lines that call it, built once; other sources, another directory.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, runProgram } from '../../../infra/services/fetch-artifact.ts'
import { requireService, whyMissing } from '../../../infra/services/require-service.ts'
import { rootFile } from './compose-file.ts'

const source = rootFile('test/docker/loader')

export async function fetchComposeLoader(): Promise<string> {
  const files = await Promise.all(['main.go', 'go.mod', 'go.sum'].map(name => readFile(join(source, name))))
  const version = createHash('sha256').update(Buffer.concat(files)).digest('hex').slice(0, 12)
  const make = async (directory: string) => {
    await runProgram('go', ['build', '-C', source, '-o', join(directory, 'loader'), '.'])
  }
  return fetchArtifact({ name: 'compose-loader', version, make })
}

/** null: it is there; otherwise one sentence how to get it. */
export const composeLoaderAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('Compose’s loader is missing: install Go 1.25 or newer, which builds it once', fetchComposeLoader),
  )
