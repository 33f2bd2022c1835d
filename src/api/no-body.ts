// The body of a call that takes none: as many clients send one that says nothing.
import { z } from 'zod'

export const noBody = z
  .strictObject({})
  .nullish()
  .meta({ title: 'NoBody', examples: [{}] })
