// What GET /openapi.json answers: the OpenAPI 3.1 document of order.
#pragma once

namespace shop::order {

inline constexpr const char* openapi = R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "order",
  "version": "0.1.0",
  "description": "Places orders. Saves the order and publishes order.created.v1 in one transaction.",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
 },
 "paths": {
  "/orders": {
   "post": {
    "summary": "Place an order",
    "parameters": [
     {
      "name": "Idempotency-Key",
      "in": "header",
      "required": false,
      "schema": {"type": "string", "minLength": 1, "maxLength": 200},
      "description": "the same key and body again give the same answer, for a week"
     }
    ],
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PlaceOrder"}}}
    },
    "responses": {
     "201": {
      "description": "placed",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Placed"}}},
      "headers": {"Location": {"schema": {"type": "string"}}}
     },
     "400": {
      "description": "no JSON, a member missing or of a wrong type",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "413": {
      "description": "the body is too long",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "422": {
      "description": "a member's value cannot be, or the Idempotency-Key was used with another body",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "500": {
      "description": "the service failed, and its log says why; where the commit is in doubt, detail says so: look before you repeat it",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "503": {
      "description": "the database is away or all workers are busy; Retry-After says when to come back; nothing was stored",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     }
    }
   },
   "get": {
    "summary": "Orders by id",
    "parameters": [
     {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
     {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}}
    ],
    "responses": {
     "200": {
      "description": "a page; next is null at the end",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderPage"}}}
     },
     "400": {
      "description": "no number",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "500": {"$ref": "#/components/responses/Failed"},
     "503": {"$ref": "#/components/responses/Busy"}
    }
   }
  },
  "/orders/{id}": {
   "get": {
    "summary": "One order",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {
     "200": {
      "description": "the order",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
     },
     "400": {
      "description": "the number in the path is none",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "404": {
      "description": "there is none",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "500": {"$ref": "#/components/responses/Failed"},
     "503": {"$ref": "#/components/responses/Busy"}
    }
   }
  },
  "/health/live": {"get": {"summary": "The process works", "responses": {"200": {"description": "alive"}}}},
  "/health/ready": {
   "get": {
    "summary": "It can take work; the body says what is late",
    "responses": {"200": {"description": "ready"}, "503": {"description": "not ready"}}
   }
  },
  "/metrics": {
   "get": {
    "summary": "Prometheus text",
    "responses": {"200": {"description": "metrics", "content": {"text/plain": {}}}}
   }
  }
 },
 "components": {
  "responses": {
   "Failed": {
    "description": "the service failed; its log says why",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
   },
   "Busy": {
    "description": "the database is away or busy; Retry-After says when to try again",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
   }
  },
  "schemas": {
   "Line": {
    "type": "object",
    "required": ["productId", "qty"],
    "properties": {
     "productId": {"type": "integer", "format": "int64", "minimum": 1},
     "qty": {"type": "integer", "minimum": 1, "maximum": 1000000}
    }
   },
   "PlaceOrder": {
    "type": "object",
    "required": ["customerId", "totalAmount", "currency", "items"],
    "properties": {
     "customerId": {"type": "integer", "format": "int64", "minimum": 1},
     "totalAmount": {
      "type": "number",
      "multipleOf": 0.01,
      "exclusiveMinimum": 0,
      "description": "exact to two decimals, at most 18 digits"
     },
     "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
     "items": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Line"}}
    }
   },
   "Placed": {
    "type": "object",
    "properties": {"id": {"type": "integer", "format": "int64", "minimum": 1}, "status": {"const": "pending"}}
   },
   "Order": {
    "type": "object",
    "properties": {
     "id": {"type": "integer", "format": "int64", "minimum": 1},
     "customerId": {"type": "integer", "format": "int64", "minimum": 1},
     "status": {"enum": ["pending", "confirmed", "cancelled"]},
     "reason": {"type": ["string", "null"]},
     "totalAmount": {
      "type": "number",
      "multipleOf": 0.01,
      "exclusiveMinimum": 0,
      "description": "exact to two decimals, at most 18 digits"
     },
     "currency": {"type": "string"},
     "items": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Line"}}
    }
   },
   "OrderPage": {
    "type": "object",
    "properties": {
     "orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
     "next": {"type": ["integer", "null"]}
    }
   },
   "Problem": {
    "type": "object",
    "properties": {
     "type": {"type": "string"},
     "title": {"type": "string"},
     "status": {"type": "integer"},
     "detail": {"type": "string"},
     "pointer": {"type": "string", "description": "JSON pointer of the member that is wrong"},
     "parameter": {"type": "string", "description": "name of the header or parameter that is wrong"}
    }
   }
  }
 }
})json";

}  // namespace shop::order
