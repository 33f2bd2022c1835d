// What stands against an edge of a replay's range, as a problem of its field.
import type { WrongEdge } from '../../replays/range.ts'
import { refuseFields } from '../invalid-input.ts'

export const refuseEdge = ({ edge, expected }: WrongEdge, given: unknown) =>
  refuseFields('pointer', [{ pointer: `/${edge}`, expected, received: (JSON.stringify(given) ?? 'nothing').slice(0, 200) }])
