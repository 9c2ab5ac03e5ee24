// What GET /openapi.json answers: the OpenAPI 3.1 document of inventory.
#pragma once

namespace shop::inventory {

inline constexpr const char* openapi = R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "inventory",
  "version": "0.1.0",
  "description": "Stock on hand; a reservation takes from it, a release gives back.",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
 },
 "paths": {
  "/stock": {
   "get": {
    "summary": "All products",
    "responses": {
     "200": {
      "description": "all",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AllStock"}}}
     },
     "500": {"$ref": "#/components/responses/Failed"},
     "503": {"$ref": "#/components/responses/Busy"}
    }
   }
  },
  "/stock/{productId}": {
   "get": {
    "summary": "One product",
    "parameters": [
     {
      "name": "productId",
      "in": "path",
      "required": true,
      "schema": {"type": "integer", "format": "int64", "minimum": 1}
     }
    ],
    "responses": {
     "200": {
      "description": "what is on hand",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Stock"}}}
     },
     "400": {
      "description": "the number in the path is none",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "404": {
      "description": "unknown product",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "500": {"$ref": "#/components/responses/Failed"},
     "503": {"$ref": "#/components/responses/Busy"}
    }
   },
   "put": {
    "summary": "Set what is on hand",
    "parameters": [
     {
      "name": "productId",
      "in": "path",
      "required": true,
      "schema": {"type": "integer", "format": "int64", "minimum": 1}
     }
    ],
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SetStock"}}}
    },
    "responses": {
     "200": {
      "description": "set",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Stock"}}}
     },
     "400": {
      "description": "no JSON, or a member missing",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "413": {
      "description": "the body is too long",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
     },
     "422": {
      "description": "a negative or absurd amount",
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
   "SetStock": {
    "type": "object",
    "required": ["onHand"],
    "properties": {"onHand": {"type": "integer", "minimum": 0, "maximum": 1000000000000}}
   },
   "Stock": {
    "type": "object",
    "properties": {
     "productId": {"type": "integer", "format": "int64", "minimum": 1},
     "onHand": {"type": "integer", "minimum": 0}
    }
   },
   "AllStock": {
    "type": "object",
    "properties": {"stock": {"type": "array", "items": {"$ref": "#/components/schemas/Stock"}}}
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

}  // namespace shop::inventory
