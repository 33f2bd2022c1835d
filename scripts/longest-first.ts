// The order in which vitest begins test files: the longest first, so that no run ends with one of them on an otherwise idle machine. On a
// fresh machine vitest goes by their sizes, and those that kill and wait are short.
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The longest, in the order of their times on CI; whichever is not here begins after them, in vitest's own order. */
export const longest: readonly string[] = [
  'test/scenarios/history-kills.real.test.ts',
  'test/scenarios/s3-away.real.test.ts',
  'test/scenarios/parts-away.real.test.ts',
  'test/scenarios/kill-points.both.test.ts',
  'test/scenarios/command-kills.real.test.ts',
  'test/scenarios/graceful-stop.real.test.ts',
  'test/scenarios/random-kills.real.test.ts',
  'test/scenarios/listen.real.test.ts',
  'test/cli/stop-demo.real.test.ts',
  'test/scenarios/other-log.real.test.ts',
  'test/scenarios/ratchet-kills.real.test.ts',
  'test/scenarios/cut-registry.real.test.ts',
  'test/scenarios/bad-start-parts.real.test.ts',
  'test/scenarios/purge.real.test.ts',
  'test/scenarios/accounting.real.test.ts',
  'test/scenarios/kept-result.real.test.ts',
  'test/producers/ratchets.real.test.ts',
  'test/scenarios/log-away.both.test.ts',
  'test/scenarios/database-away.real.test.ts',
  'test/scenarios/roles-apart.real.test.ts',
  'test/processors/history-turns.test.ts',
  'test/processors/history-files.test.ts',
  'test/projections/read-model-property.test.ts',
  'test/webhooks/bridge-kept.test.ts',
  'test/projections/joint-property.test.ts',
  'test/scenarios/history.both.test.ts',
]

/** vitest makes it itself, and asks for a class. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const groups = Map.groupBy(sorted, ({ project }) => project.config.sequence.groupOrder)
    return [...groups.values()].flatMap(group => group.toSorted((a, b) => placeOf(a) - placeOf(b)))
  }
}

function placeOf({ moduleId, project }: TestSpecification): number {
  const place = longest.indexOf(relative(project.config.root, moduleId))
  return place === -1 ? longest.length : place
}
