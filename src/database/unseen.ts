// Parameters whose values the planner does not look at.

/**
 * Of these parameters, with their types: arrays for `unnest`, conditions. Postgres plans a statement anew each time where the plan for the values at
 * hand looks cheaper than one for any, as it does for short arrays and for what is false; that takes longer than the statement. For statements whose
 * plan is the same for one row and for many.
 */
export const unseen = (...parameters: readonly string[]): string =>
  parameters.map(parameter => `(select ${parameter})`).join(', ')
