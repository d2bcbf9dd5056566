import type { SchemaDefinition, ValidatorJson } from "../store/types.ts";
import { identifierProblem } from "../values/limits.ts";

/** The first name in a schema that Convex does not accept, or feature that is missing here; null when all is well. */
export function schemaProblem(schema: SchemaDefinition): string | null {
  for (const table of schema.tables) {
    const { tableName, documentType } = table;
    const nameProblem = identifierProblem(tableName) ?? (tableName.startsWith("_") ? RESERVED : null);
    if (nameProblem !== null) return `Invalid table name "${tableName}": ${nameProblem}`;
    const [vectorIndex] = table.vectorIndexes;
    if (vectorIndex !== undefined) {
      return `Index "${tableName}.${vectorIndex.indexDescriptor}" is a vector index; vector search is not supported by the embedded deployment.`;
    }
    for (const { indexDescriptor } of [...table.indexes, ...table.searchIndexes]) {
      const problem =
        identifierProblem(indexDescriptor) ?? (indexDescriptor.startsWith("_") ? RESERVED : null);
      if (problem !== null) return `Invalid index name "${tableName}.${indexDescriptor}": ${problem}`;
    }
    const fieldProblem = documentType && validatorProblem(documentType, true);
    if (fieldProblem) return `Invalid schema of table "${tableName}": ${fieldProblem}`;
  }
  return null;
}

const RESERVED = "names that start with an underscore are reserved";

function validatorProblem(validator: ValidatorJson, isDocument: boolean): string | null {
  switch (validator.type) {
    case "union":
      return firstProblem(validator.value, (member) => validatorProblem(member, isDocument));
    case "array":
      return validatorProblem(validator.value, false);
    case "record":
      return validatorProblem(validator.values.fieldType, false);
    case "object":
      return firstProblem(
        Object.entries(validator.value),
        ([name, { fieldType }]) => fieldNameProblem(name, isDocument) ?? validatorProblem(fieldType, false),
      );
    default:
      return null;
  }
}

function fieldNameProblem(name: string, isDocument: boolean): string | null {
  if (name === "") return "field names cannot be empty";
  if (name.startsWith("$")) return `field name "${name}" starts with '$', which is reserved`;
  if (isDocument && name.startsWith("_") && name !== "_id" && name !== "_creationTime") {
    return `field name "${name}" starts with an underscore, which is reserved for system fields`;
  }
  return /^[\x20-\x7e]*$/.test(name)
    ? null
    : `field name "${name}" has characters other than printable ASCII`;
}

function firstProblem<T>(values: readonly T[], check: (value: T) => string | null): string | null {
  for (const value of values) {
    const problem = check(value);
    if (problem !== null) return problem;
  }
  return null;
}
