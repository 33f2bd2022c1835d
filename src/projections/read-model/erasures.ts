// What a purge erases of the read model: all of it, in each version, what is said of messages and chats before them.
import { type Erasure, rowsOf, told } from '../../purge/erasure.ts'
import { schemaOf } from '../make-tables.ts'
import type { Projection } from '../projection.ts'
import { readModelName, type TableName, tableNames } from './tables.ts'

/** What one version has of an instance another may have too. The first one's are counted under their plain names. */
export function readModelErasures(projections: readonly Pick<Projection, 'name' | 'version'>[]): readonly Erasure[] {
  const versions = projections.filter(({ name }) => name === readModelName).toSorted((one, other) => one.version - other.version)
  return tableNames
    .toReversed()
    .flatMap(table => versions.map((version, index) => erasureOf(table, schemaOf(version), index === 0)))
}

function erasureOf(table: TableName, schema: string, isFirst: boolean): Erasure {
  const whole = rowsOf(`${schema}.${table}`)
  return isFirst ? asTold({ ...whole, name: table }) : whole
}

/** By the views that show the version that is live. */
function asTold(erasure: Erasure): Erasure {
  switch (erasure.name) {
    case 'messages':
    case 'chats':
    case 'contacts':
      return told(erasure, erasure.name)
    case 'media':
      return told(erasure, 'files', `instance_id = $1 and status = 'stored'`)
    default:
      return erasure
  }
}
