/** A count as people read it: 2,097,152. `Intl` does the same, after 60 ms for its tables, which every start would pay. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
