/** An expression of Jinja as it was written, before anything is known of what its words mean. */
export type JinjaNode =
  | JinjaText
  | { readonly kind: 'constant'; readonly value: number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly JinjaNode[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [JinjaNode, JinjaNode])[] }
  | { readonly kind: 'field'; readonly owner: JinjaNode; readonly key: JinjaNode }
  | {
      readonly kind: 'slice';
      readonly owner: JinjaNode;
      readonly from: JinjaNode | undefined;
      readonly to: JinjaNode | undefined;
      readonly step: JinjaNode | undefined;
    }
  | ({ readonly kind: 'filter'; readonly value: JinjaNode; readonly name: string } & JinjaArguments)
  | ({
      readonly kind: 'test';
      readonly value: JinjaNode;
      readonly name: string;
      readonly negated: boolean;
    } & JinjaArguments)
  | ({ readonly kind: 'call'; readonly called: JinjaNode } & JinjaArguments)
  | { readonly kind: 'unary'; readonly sign: 'not' | '-' | '+'; readonly operand: JinjaNode }
  | {
      readonly kind: 'binary';
      readonly sign: BinarySign;
      readonly left: JinjaNode;
      readonly right: JinjaNode;
    }
  | {
      readonly kind: 'comparison';
      readonly first: JinjaNode;
      readonly rest: readonly (readonly [ComparisonSign, JinjaNode])[];
    }
  | {
      readonly kind: 'choice';
      readonly condition: JinjaNode;
      readonly then: JinjaNode;
      readonly otherwise: JinjaNode | undefined;
    };

interface JinjaText {
  readonly kind: 'text';
  readonly value: string;
  /** The author's, kept so that what is printed fits into the same quotes of YAML. */
  readonly quote: Quote;
}

export type Quote = '"' | "'";

export interface JinjaArguments {
  readonly args: readonly JinjaNode[];
  /** Values that are given by name. */
  readonly options: readonly (readonly [string, JinjaNode])[];
}

export type BinarySign = 'and' | 'or' | '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~';
export type ComparisonSign = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
