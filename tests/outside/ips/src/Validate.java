import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.MetadataResource;

/**
 * The validator of HAPI FHIR (FHIR R4) as it comes, with profiles of a file.
 *
 * Validate profiles.json resource.json...: one line of JSON for each finding: file, severity, location, message.
 */
public final class Validate {
    public static void main(String[] args) throws Exception {
        FhirContext context = FhirContext.forR4();
        PrePopulatedValidationSupport profiles = new PrePopulatedValidationSupport(context);
        Bundle held = context.newJsonParser().parseResource(Bundle.class, Files.readString(Path.of(args[0])));
        for (Bundle.BundleEntryComponent entry : held.getEntry()) {
            profiles.addResource((MetadataResource) entry.getResource());
        }
        UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
        unknown.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
        ValidationSupportChain chain = new ValidationSupportChain(
            new DefaultProfileValidationSupport(context), profiles, new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context), new SnapshotGeneratingValidationSupport(context), unknown);
        FhirInstanceValidator instance = new FhirInstanceValidator(chain);
        instance.setAnyExtensionsAllowed(true);
        instance.setErrorForUnknownProfiles(true);
        FhirValidator validator = context.newValidator();
        validator.registerValidatorModule(instance);
        ObjectMapper json = new ObjectMapper();
        for (String file : Arrays.copyOfRange(args, 1, args.length)) {
            for (SingleValidationMessage m : validator.validateWithResult(Files.readString(Path.of(file))).getMessages()) {
                System.out.println(json.writeValueAsString(Map.of("file", Path.of(file).getFileName().toString(),
                    "severity", m.getSeverity().getCode(), "location", String.valueOf(m.getLocationString()),
                    "message", m.getMessage())));
            }
            System.out.println(json.writeValueAsString(Map.of("file", Path.of(file).getFileName().toString(), "severity", "done")));
        }
    }
}
