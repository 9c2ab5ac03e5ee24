// What GET /openapi.json answers: the OpenAPI 3.1 document of payment.
#pragma once

namespace shop::payment {

inline constexpr const char* openapi = R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "payment",
  "version": "0.1.0",
  "description": "Charges customers through a sandbox gateway.",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
 },
 "paths": {
  "/payments/{orderId}": {
   "get": {
    "summary": "What became of an order's money",
    "parameters": [
     {
      "name": "orderId",
      "in": "path",
      "required": true,
      "schema": {"type": "integer", "format": "int64", "minimum": 1}
     }
    ],
    "responses": {
     "200": {
      "description": "the payment",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Payment"}}}
     },
     "400": {
      "description": "the number in the path is none",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "404": {
      "description": "nothing was charged or declined for this order",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "500": {
      "description": "the service failed; its log says why",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "503": {
      "description": "the database is away or busy; Retry-After says when to try again",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     }
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
  "schemas": {
   "Payment": {
    "type": "object",
    "properties": {
     "orderId": {"type": "integer", "format": "int64", "minimum": 1},
     "status": {"enum": ["charged", "declined", "refunded"]},
     "amount": {
      "type": "number",
      "multipleOf": 0.01,
      "exclusiveMinimum": 0,
      "description": "exact to two decimals, at most 18 digits"
     },
     "currency": {"type": "string"}
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

}  // namespace shop::payment
