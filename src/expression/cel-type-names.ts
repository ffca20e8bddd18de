/**
 * Variables that have the name of one of CEL's types, as `list` or `type`. CEL takes these names for the types wherever they stand; here they
 * are the types only where a type is compared (`type(x) == list`), and variables everywhere else.
 */
const typeNames: ReadonlySet<string> = new Set([
  ...['string', 'bool', 'int', 'uint', 'double', 'map', 'list', 'bytes', 'null_type', 'type'],
]);

/** No variable of a user begins with it. */
const mark = '$';

/** The name under which CEL knows a variable. */
export const celNameOf = (variable: string): string =>
  typeNames.has(variable) ? `${mark}${variable}` : variable;

/** The variable that CEL knows under this name. */
export const variableOfCelName = (name: string): string =>
  name.startsWith(mark) ? name.slice(mark.length) : name;

/** Macros whose first argument names a variable of their own, which hides others of its name. */
const bindingMacros = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** Gives the names of types that stand for variables in this tree their names for CEL. The tree keeps its places, for errors. */
export function renameTypeVariables(node: unknown, bound: readonly string[] = []): void {
  if (Array.isArray(node)) {
    for (const one of node) renameTypeVariables(one, bound);
    return;
  }
  if (!isNode(node)) return;
  if (node.op === 'id') {
    if (typeof node.args === 'string' && !bound.includes(node.args)) node.args = celNameOf(node.args);
    return;
  }
  if (!Array.isArray(node.args)) {
    renameTypeVariables(node.args, bound);
    return;
  }
  const parts: readonly unknown[] = node.args;
  const comparesTypes = ['==', '!=', 'in'].includes(node.op) && parts.some(isTypeCall);
  for (const [index, part] of parts.entries()) {
    if (comparesTypes && isNode(part) && ['id', 'list'].includes(part.op)) continue;
    renameTypeVariables(part, index === 2 ? [...bound, ...boundBy(node.op, parts)] : bound);
  }
}

interface Node {
  readonly op: string;
  args: unknown;
}

const isNode = (node: unknown): node is Node =>
  typeof node === 'object' && node !== null && 'op' in node && 'args' in node && typeof node.op === 'string';

const isTypeCall = (node: unknown): boolean =>
  isNode(node) && node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'type';

/** The variable of a macro's own: `x` in `list.all(x, x > 1)`. */
function boundBy(op: string, [name, , given]: readonly unknown[]): readonly string[] {
  if (op !== 'rcall' || typeof name !== 'string' || !bindingMacros.includes(name)) return [];
  const [variable] = Array.isArray(given) ? (given as readonly unknown[]) : [];
  return isNode(variable) && variable.op === 'id' && typeof variable.args === 'string' ? [variable.args] : [];
}
