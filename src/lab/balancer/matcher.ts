/** Whether a status passes a matcher as ELBv2 writes it: `200`, `200,202`, `200-299`. */
export const statusMatches = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [low, high = low] = part.split('-').map(Number);
    return low !== undefined && high !== undefined && low <= status && status <= high;
  });
