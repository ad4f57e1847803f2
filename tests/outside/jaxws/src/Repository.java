import jakarta.activation.DataHandler;
import jakarta.jws.WebMethod;
import jakarta.jws.WebParam;
import jakarta.jws.WebResult;
import jakarta.jws.WebService;
import jakarta.jws.soap.SOAPBinding;
import jakarta.xml.bind.annotation.XmlAccessType;
import jakarta.xml.bind.annotation.XmlAccessorType;
import jakarta.xml.bind.annotation.XmlAnyElement;
import jakarta.xml.bind.annotation.XmlAttribute;
import jakarta.xml.bind.annotation.XmlElement;
import jakarta.xml.bind.annotation.XmlMimeType;
import jakarta.xml.bind.annotation.XmlValue;
import jakarta.xml.ws.Action;
import java.util.ArrayList;
import java.util.List;
import org.w3c.dom.Element;

/** ITI-41 and ITI-43 as a Java interface; JAX-WS maps it to the port of the door's own WSDL. */
@WebService(name = "DocumentRepository_Service_PortType", targetNamespace = Repository.XDSB)
@SOAPBinding(parameterStyle = SOAPBinding.ParameterStyle.BARE)
public interface Repository {
    String XDSB = "urn:ihe:iti:xds-b:2007";
    String LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
    String RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";
    String PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
    String RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet";

    @WebMethod(operationName = "ProvideAndRegisterDocumentSet-b", action = PROVIDE)
    @Action(input = PROVIDE, output = PROVIDE + "Response")
    @WebResult(name = "RegistryResponse", targetNamespace = RS, partName = "body")
    RegistryResponse provide(
        @WebParam(name = "ProvideAndRegisterDocumentSetRequest", targetNamespace = XDSB, partName = "body") Provide request);

    @WebMethod(operationName = "RetrieveDocumentSet", action = RETRIEVE)
    @Action(input = RETRIEVE, output = RETRIEVE + "Response")
    @WebResult(name = "RetrieveDocumentSetResponse", targetNamespace = XDSB, partName = "body")
    Retrieved retrieve(@WebParam(name = "RetrieveDocumentSetRequest", targetNamespace = XDSB, partName = "body") Retrieve request);

    @XmlAccessorType(XmlAccessType.FIELD)
    class Provide {
        @XmlElement(name = "SubmitObjectsRequest", namespace = LCM)
        Submit submit = new Submit();
        @XmlElement(name = "Document", namespace = XDSB)
        List<Document> documents = new ArrayList<>();
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class Submit {
        @XmlAnyElement
        Element objects;
    }

    /** JAX-WS makes a part and an xop:Include of the bytes. */
    @XmlAccessorType(XmlAccessType.FIELD)
    class Document {
        @XmlAttribute
        String id;
        @XmlValue
        @XmlMimeType("application/octet-stream")
        DataHandler content;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class RegistryResponse {
        @XmlAttribute
        String status;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class Retrieve {
        @XmlElement(name = "DocumentRequest", namespace = XDSB)
        List<Wanted> wanted = new ArrayList<>();
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class Wanted {
        @XmlElement(name = "RepositoryUniqueId", namespace = XDSB)
        String repository;
        @XmlElement(name = "DocumentUniqueId", namespace = XDSB)
        String document;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class Retrieved {
        @XmlElement(name = "RegistryResponse", namespace = RS)
        RegistryResponse response;
        @XmlElement(name = "DocumentResponse", namespace = XDSB)
        List<Found> found = new ArrayList<>();
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    class Found {
        @XmlElement(name = "DocumentUniqueId", namespace = XDSB)
        String document;
        @XmlElement(name = "Document", namespace = XDSB)
        @XmlMimeType("application/octet-stream")
        DataHandler content;
    }
}
