// The classes of a Java server as its JVM has parsed and checked them, kept once beside its jars' directory: a start that has them is half the
// work. A JVM that they are not of goes on without them, and so does one where nobody has made them.
import { access } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fetchArtifact, findArtifact } from './fetch-artifact.ts'

export type JavaClasses = { flags: readonly string[]; startWithinMs: number; stopWithinMs: number }

const FILE = 'classes.jsa'
const WITHIN = { startWithinMs: 60_000, stopWithinMs: 5_000 }
/** They are made beside other work, which goes first, and written when the server ends. */
const MADE_WITHIN = { startWithinMs: 300_000, stopWithinMs: 300_000 }

const artifactOf = (home: string) => ({ name: `classes-of-${basename(home)}`, version: '1' })

/** `home`: the directory in the cache that the server runs from. */
export async function readyClasses(home: string): Promise<JavaClasses> {
  const directory = await findArtifact(artifactOf(home))
  const flags = directory === null ? [] : [`-XX:SharedArchiveFile=${join(directory, FILE)}`]
  return { flags, ...WITHIN }
}

/** Where they are not there yet: `start` starts the server once, with what it is given; what it has loaded by its end is what is kept. */
export async function makeClasses(
  home: string,
  start: (classes: JavaClasses) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  await fetchArtifact({
    ...artifactOf(home),
    make: async directory => {
      const file = join(directory, FILE)
      const server = await start({ flags: [`-XX:ArchiveClassesAtExit=${file}`], ...MADE_WITHIN })
      await server.close()
      await access(file) // it may have ended without
    },
  })
}
